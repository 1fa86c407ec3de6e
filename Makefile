# Two commands do everything, including the set-up: `make serve` shows the book, `make test` proves it.
SHELL := /bin/sh
PY := .venv/bin/python
PORT ?= 8000
GRADEBOOK ?= gradebook
SUBMISSIONS ?= submitted
WORKERS = -n auto --dist loadscope --no-loadscope-reorder

.PHONY: help preflight book serve test test-colab soak multiverse bench lint lock cluster colab-versions \
        links release grade export feedback similarity launch publish slides pdf zip zip-python \
        container notebooks new-chapter new-assignment clean
.DEFAULT_GOAL := help
.NOTPARALLEL: # goals are made in the order in which they are named: `make lock test` tests the new lock

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

preflight: # are there git and a disk with room? If not, one line says what is missing
	@tools/preflight.sh

.venv/ready: requirements.lock package-lock.json | preflight
	@tools/environment.sh

.venv/cluster-ready: requirements-cluster.lock .venv/ready
	@tools/cluster.sh

book: .venv/ready ## build the site into _build/html, executing the notebooks that changed
	@$(PY) -m tools.book

serve: book ## build the book and show it on http://127.0.0.1:8000 (PORT=... for another)
	@$(PY) -m tools.serve $(PORT)

test: .venv/cluster-ready ## prove it: every notebook, every module, the built site in a browser
	@$(PY) -m tools.browser
	@tools/sandbox.sh
	MINI_CIFAR=textures $(PY) -m pytest content $(WORKERS)
	@$(MAKE) --no-print-directory book
	MINI_CIFAR=textures $(PY) -m pytest tests $(WORKERS)

test-colab: .venv/ready ## run every notebook alone, with the versions that Colab has
	@tests/colab/environment.sh
	MINI_CIFAR=textures KERNEL_PYTHON=_build/colab/bin/python $(PY) -m pytest tests/test_launch.py -n auto

soak: .venv/ready ## prove that nothing holds by luck: the suite twice, every claim REPEATS=20 times
	@$(PY) -m tools.soak

multiverse: .venv/ready ## ask every claim in every world: MINI_CIFAR=path, DATA=path, SCHEDULER=address
	@$(PY) -m tools.multiverse

bench: book ## measure our ratios against the peers
	@$(PY) -m benchmarks

lint: .venv/ready ## ruff over code and notebooks, the rules of notebooks, actionlint's of workflows
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@$(PY) -m tools.lint_notebooks
	@.venv/bin/jactionlint --no-hints

cluster: .venv/cluster-ready ## add Dask to the environment, to spread sweeps or grading over machines

lock: .venv/ready ## pin requirements.lock and requirements-cluster.lock anew from their .txt
	@.venv/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --no-header requirements.txt -o requirements.lock
	@.venv/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --no-header requirements-cluster.txt -o requirements-cluster.lock
	@$(MAKE) --no-print-directory .venv/ready # in `make lock test`, make has checked it before the lock changed

colab-versions: .venv/ready ## take over the versions that Colab announces today
	@$(PY) -m tools.colab

links: book ## ask every link that leads out of the book, but DOIs, whether it still does
	@.venv/bin/jupyter-book build . --builder linkcheck --quiet

release: .venv/ready ## make the notebooks that students get, in gradebook/release
	@$(PY) -m grading --book "$(GRADEBOOK)" release

grade: .venv/ready ## grade what was handed in: make grade SUBMISSIONS=folder
	@$(PY) -m grading --book "$(GRADEBOOK)" grade "$(SUBMISSIONS)" $(OPTIONS)

export: .venv/ready ## make the tables of marks anew; PLATFORM=moodle|canvas|blackboard|gradescope|csv: its files, too
	@$(PY) -m grading --book "$(GRADEBOOK)" export $(if $(PLATFORM),--platform $(PLATFORM)) $(OPTIONS)

feedback: .venv/ready ## write a page for every student; PLATFORM=...: the archive of them that it takes, too
	@$(PY) -m grading --book "$(GRADEBOOK)" feedback $(if $(PLATFORM),--platform $(PLATFORM)) $(OPTIONS)

similarity: .venv/ready ## list solutions that are unusually alike, for people to read
	@$(PY) -m grading --book "$(GRADEBOOK)" similarity "$(SUBMISSIONS)"

launch: book ## write the notebooks that Colab opens, executed and stamped, into _build/launch
	@$(PY) -m tools.launch

publish: book ## push them to the branch `launch`, for Colab and Binder (COURSE_REMOTE=URL: elsewhere)
	@$(PY) -m tools.publish

slides: book ## the one-hour lesson as slides, _build/html/slides.html, which `make serve` shows, too

pdf: book ## print the whole book into one PDF, to which the index then leads
	@$(PY) -m tools.browser
	@$(PY) -m tools.pdf

zip: book ## pack the site into one archive that is read offline by double click
	@$(PY) -m tools.archive

zip-python: book ## the same, with what runs Python on its pages once the folder is served
	@$(PY) -m tools.archive --python

container: .venv/ready ## build and try the container that Binder opens
	@$(PY) -m tools.container

notebooks: .venv/ready ## execute the notebooks in place and store their text outputs
	@MINI_CIFAR=textures $(PY) -m tools.notebooks

new-chapter: .venv/ready ## begin a chapter that keeps every rule: make new-chapter NAME=small-batches
	@$(PY) -m tools.new_chapter "$(NAME)"

new-assignment: .venv/ready ## begin an assignment: make new-assignment NAME=weight-decay QUESTIONS=shrink,rescale
	@MINI_CIFAR=textures $(PY) -m tools.new_assignment "$(NAME)" "$(QUESTIONS)"

clean: ## remove everything that was built, and the environment
	rm -rf _build .venv node_modules
