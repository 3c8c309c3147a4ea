"""Before the tests start: kernels of this environment, and nothing else of the machine's."""

import os

import book

environment = book.environment()
os.environ.clear()
os.environ.update(environment)
