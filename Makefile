# Two commands do everything, set-up included: `make serve` shows the book, `make test` proves it.
SHELL := /bin/sh
PY := .venv/bin/python
PORT ?= 8000

.PHONY: help book serve test test-colab bench lint lock launch notebooks clean
.DEFAULT_GOAL := help

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.venv/ready: requirements.lock package-lock.json
	@tools/environment.sh

book: .venv/ready ## build the site into _build/html, executing the notebooks that changed
	@$(PY) -m tools.execute && $(PY) -m tools.ledger
	@.venv/bin/jupyter-book build . --quiet -W -n --keep-going

serve: book ## build the book and show it on http://127.0.0.1:8000 (PORT=... for another)
	@$(PY) -m tools.serve $(PORT)

test: book ## prove it: every module, every notebook, the built site in a browser
	@$(PY) -m tools.browser
	MINI_CIFAR=textures $(PY) -m pytest -n auto --dist loadscope

test-colab: .venv/ready ## run every notebook alone, with the versions that Colab has
	@tests/colab/environment.sh
	MINI_CIFAR=textures KERNEL_PYTHON=_build/colab/bin/python $(PY) -m pytest tests/test_launch.py -n auto

bench: .venv/ready ## measure our ratios against the peers
	@$(PY) -m benchmarks

lint: .venv/ready ## ruff over code and notebooks, and the rules that notebooks keep
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@$(PY) -m tools.lint_notebooks

lock: .venv/ready ## pin requirements.lock anew from requirements.txt
	@.venv/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --no-header requirements.txt -o requirements.lock

launch: book ## write the notebooks that Colab opens, executed and stamped, into _build/launch
	@$(PY) -m tools.launch

notebooks: .venv/ready ## execute the notebooks in place and store their text outputs
	@MINI_CIFAR=textures $(PY) -m tools.notebooks

clean: ## remove everything that was built, and the environment
	rm -rf _build .venv node_modules
