# Everything is done by tools/book.py, which works without make too.
PYTHON ?= python3
export PORT

.PHONY: help book site test lab serve refresh setup lock clean
.DEFAULT_GOAL := help

book site test lab serve refresh setup lock clean:
	@$(PYTHON) tools/book.py $@ $(ARGS)

help:
	@$(PYTHON) tools/book.py --help
