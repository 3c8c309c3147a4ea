"""Sphinx extension: whoever searches for a name in the glossary finds the chapter about it first.

An entry of the glossary names its chapter in a link. Its term, and the other names, which it prints in
italics, are entries of the search index for that chapter, as if it had a directive for each: that would
be seen where a notebook is read without Sphinx.
"""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

GLOSSARY = "chapters/glossary"


def index(app, doctree, docname):
    """Add to a page, unseen, the names of what the glossary says is in it."""
    if docname == GLOSSARY or GLOSSARY not in app.env.found_docs:
        return
    for entry in app.env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        links = entry.findall(addnodes.pending_xref)
        if docname in [link["reftarget"] for link in links]:
            names = [*entry.findall(nodes.term), *entry.findall(nodes.emphasis)]
            entries = [("single", name.astext(), "", "main", None) for name in names]
            doctree.append(addnodes.index(entries=entries))


def setup(app):
    """Connect to Sphinx, as soon as a page is about to be written."""
    app.connect("doctree-resolved", index)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
