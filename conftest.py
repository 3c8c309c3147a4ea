"""Before the tests start: kernels of this environment, and nothing else of the machine's."""

import os

import pytest
from nbval.plugin import IPyNbCell

import book
import pictures

environment = book.environment()
os.environ.clear()
os.environ.update(environment)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Say which notebook the kernel runs that is started next, as JupyterLab does."""
    if isinstance(item, IPyNbCell):
        os.environ["JPY_SESSION_NAME"] = str(item.path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare the pictures of a chapter's cell, too."""
    result = yield
    if isinstance(item, IPyNbCell):
        other = pictures.differing(item.test_outputs, item.cell.outputs)
        assert not other, f"the picture {other} beside the figure is another one: make refresh"
    return result
