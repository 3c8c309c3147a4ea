"""Captions: beside the figure where the page has a margin, or below it."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.tables import length

SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
LINE = 28  # signs of a caption in a line of the margin
LINES = 23  # of them beside a figure as high as it is wide


class Captions(SphinxPostTransform):
    """Mark figures that are lower than their captions would be in the margin."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        """Measure the figures of one page."""
        for figure in self.document.findall(nodes.figure):
            image, caption = figure.next_node(nodes.image), figure.next_node(nodes.caption)
            path = Path(self.app.srcdir, image["uri"]) if image and caption else Path()
            if path.suffix == ".svg" and (size := SIZE.search(path.read_text(encoding="utf-8"))):
                width, height = map(float, size.groups())
                lower = length(caption) / LINE > LINES * height / width
                figure["classes"] += ["under"] * lower
