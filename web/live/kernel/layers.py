"""Packages that are loaded when something imports them first.

An import that meets a package which is not here yet gives up, with an exception that no program
catches. Whoever started the run loads the package and starts the run again: it begins with an empty
memory in any case.
"""

from __future__ import annotations

import importlib
import importlib.abc
import sys


class Missing(BaseException):
    """An import needs a layer that is not loaded; `args[0]` names it."""


class Finder(importlib.abc.MetaPathFinder):
    """Asks for the layer of a module, if it has one that is not loaded."""

    def __init__(self, modules: dict[str, str]):
        self.modules = modules

    def find_spec(self, name, path=None, target=None):
        """Give up the run where a layer is missing."""
        layer = self.modules.get(name)
        if layer is not None:
            raise Missing(layer)

    def loaded(self, layer: str) -> None:
        """Take note that a layer has been unpacked."""
        self.modules = {name: other for name, other in self.modules.items() if other != layer}
        importlib.invalidate_caches()


def install(modules: dict[str, str]) -> Finder:
    """Ask for layers from now on; `modules` gives for each module the layer that holds it."""
    finder = Finder(modules)
    sys.meta_path.insert(0, finder)
    return finder
