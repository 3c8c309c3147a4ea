"""Sphinx extension: explorers get a number of their own, and the page their style and script once.

A notebook's output carries both, since nobody else would bring them.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.transforms import SphinxTransform

from slopes.explorer import SCRIPT, STYLE, for_page


class explorer_figure(nodes.figure):
    """A figure that a reader moves."""


class unnamed_explorer(nodes.figure):
    """One to which nothing refers: it has no number."""


class NumberExplorers(SphinxTransform):
    """Make the figures around explorers a kind of their own."""

    default_priority = 400

    def apply(self, **options):
        """Rewrite the explorers of one page."""
        for raw in list(self.document.findall(nodes.raw)):
            if "<slopes-explorer" not in raw.astext():
                continue
            raw[:] = [nodes.Text(for_page(raw.astext()))]
            figure = raw.parent
            while figure is not None and not isinstance(figure, nodes.figure):
                figure = figure.parent
            if figure is not None:
                kind = explorer_figure if figure["names"] else unnamed_explorer
                figure.replace_self(kind("", *figure.children, **figure.attributes))


def visit_html(writer, node):
    """Begin an explorer as a figure begins."""
    writer.visit_figure(node)


def depart_html(writer, node):
    """End an explorer as a figure ends."""
    writer.depart_figure(node)


def carry(app, config):
    """Put the style and the script among those of the book."""
    config.numfig_format.setdefault("explorer", "Explorer %s")
    config.html_static_path += [str(STYLE), str(SCRIPT)]
    config.html_css_files.append(STYLE.name)
    config.html_js_files.append(SCRIPT.name)


def setup(app):
    """Connect to Sphinx."""
    app.connect("config-inited", carry)
    app.add_transform(NumberExplorers)
    app.add_node(unnamed_explorer, html=(visit_html, depart_html))
    app.add_enumerable_node(explorer_figure, "explorer", html=(visit_html, depart_html))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
