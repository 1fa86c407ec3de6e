# The course in JupyterLab, ready to run: what Binder starts, and `docker run` on any machine.
# It is set up from the same lock, by the same script, as everybody's `.venv`. `make container`
# builds and tries it, where no Docker is at hand in a bare chroot (tools/container.py).
FROM debian:bookworm-20260824-slim

# Python 3.11 is Debian's own; make runs everything else, and asks for git.
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes \
    --no-install-recommends ca-certificates git make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

# Nobody works as root. Binder chooses the user.
ARG NB_USER=reader
ARG NB_UID=1000
ENV HOME=/home/${NB_USER}
RUN useradd --uid ${NB_UID} --create-home ${NB_USER} \
    && install --directory --owner ${NB_USER} ${HOME}/course
WORKDIR ${HOME}/course
USER ${NB_USER}

# The environment comes before the course, so that an edited notebook costs no new set-up.
COPY --chown=${NB_UID} requirements.lock package.json package-lock.json .npmrc ./
COPY --chown=${NB_UID} tools ./tools
COPY --chown=${NB_UID} _ext ./_ext
RUN tools/environment.sh && rm -rf ${HOME}/.cache ${HOME}/.npm

COPY --chown=${NB_UID} . .
ENV PATH=${HOME}/course/.venv/bin:${PATH}
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
