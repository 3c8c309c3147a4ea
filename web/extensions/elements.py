"""Sphinx extension: the book's own elements, made of what the notebooks hold in plain MyST."""

from __future__ import annotations

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_design.shared import create_component
from sphinx_exercise.nodes import is_exercise_node, solution_node


class FoldSolutions(SphinxPostTransform):
    """Make a solution a dropdown like those of the hints: it opens without a script, as in print."""

    default_priority = 198  # after the titles are known, before the dropdowns are made
    formats = ("html",)

    def run(self, **options):
        """Rewrite the exercises and solutions of one page."""
        for node in list(self.document.findall(is_exercise_node)):
            _unwrap(node)
        for node in list(self.document.findall(solution_node)):
            _unwrap(node)
            title = nodes.rubric("", node[0].astext(), ids=node["ids"])
            node.replace_self(
                create_component(
                    "dropdown",
                    opened=False,
                    type="dropdown",
                    has_title=True,
                    icon=None,
                    chevron=None,
                    container_classes=["sd-mb-3", "solution"],
                    title_classes=[],
                    body_classes=[],
                    children=[title, *node[1:]],
                )
            )


def _unwrap(node):
    """Take the content out of a section whose id is the same in all exercises."""
    for section in [child for child in node if isinstance(child, nodes.section)]:
        place = node.index(section)  # not replace_self, which hands the id on
        node[place : place + 1] = section.children


def setup(app):
    """Connect to Sphinx."""
    app.add_post_transform(FoldSolutions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
