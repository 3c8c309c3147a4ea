# Everything is done by tools/book.py, which works without make too.
PYTHON ?= python3
export PORT FOLDER HOMEWORK SOLUTIONS CODE

COMMANDS := book site test test-browser test-live bench lab serve refresh homework grade student slides handouts setup lock clean
.PHONY: help $(COMMANDS)
.DEFAULT_GOAL := help

$(COMMANDS):
	@$(PYTHON) tools/book.py $@ $(ARGS)

help:
	@$(PYTHON) tools/book.py --help
