"""Stand-ins for the little of IPython that notebooks use by name."""

from __future__ import annotations

import sys
from types import ModuleType

from kernel.outputs import display


class _Shown:
    kind = ""

    def __init__(self, data):
        self.data = data

    def __repr__(self):
        return f"<IPython.core.display.{type(self).__name__} object>"


def _class(name, kind):
    return type(name, (_Shown,), {f"_repr_{kind}_": lambda self: self.data})


def install() -> None:
    """Let `from IPython.display import Markdown, display` work."""
    shown = ModuleType("IPython.display")
    shown.display = display
    for name, kind in (
        ("HTML", "html"),
        ("Markdown", "markdown"),
        ("SVG", "svg"),
        ("Latex", "latex"),
    ):
        setattr(shown, name, _class(name, kind))
    top = ModuleType("IPython")
    top.display = shown
    top.get_ipython = lambda: None
    sys.modules |= {"IPython": top, "IPython.display": shown}
