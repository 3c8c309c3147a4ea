"""Sphinx extension: give each notebook page a button that runs it in the browser.

Only where `make site` builds JupyterLite beside the pages, so that no button is dead.
"""

from __future__ import annotations

import os

import book


def add_button(app, pagename, templatename, context, doctree):
    """Add the button beside the theme's own; it leads to the page that loads Python."""
    notebook = doctree is not None and str(app.env.doc2path(pagename)).endswith(".ipynb")
    if not notebook or not os.environ.get(book.RUNNABLE):
        return
    chapter = pagename.rpartition("/")[2]
    context["header_buttons"].insert(
        0,
        {
            "type": "link",
            "url": context["pathto"]("run.html", resource=True) + f"?chapter={chapter}",
            "text": "Run this chapter",
            "tooltip": "Run this chapter in your browser",
            "icon": "fas fa-play",
            "label": "run-button",
        },
    )


def setup(app):
    # After the theme has made its list of buttons, which it does with the priority 501.
    app.connect("html-page-context", add_button, priority=502)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
