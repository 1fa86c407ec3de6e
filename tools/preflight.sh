#!/bin/sh
# Check the machine before anything is made, so that what is missing is said in one line.
set -eu
needed=300 # MB for a build; the environment needs more
[ -f .venv/ready ] || needed=5000

stop() {
    echo "$1" >&2
    exit 1
}

command -v git >/dev/null ||
    stop "The course needs git (Debian, Ubuntu: apt-get install git; macOS: xcode-select --install)."
if ! mkdir -p _build 2>/dev/null || [ ! -w _build ]; then
    stop "Nothing can be written into $PWD/_build: copy the course to a folder of your own."
fi
free=$(df -Pk . | sed -n '$s/.* \([0-9][0-9]*\)  *[0-9]*% .*/\1/p')
if [ $((free / 1024)) -lt $needed ]; then
    stop "The disk that holds $PWD has $((free / 1024)) MB left, and this needs $needed MB: make room and run it again."
fi
