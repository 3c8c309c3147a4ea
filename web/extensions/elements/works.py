"""The list of works: below each, the pages that cite it."""

from __future__ import annotations

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.facts import contents
from elements.markup import tag
from elements.start import between, link


class CitedIn(SphinxPostTransform):
    """Say below each entry of a bibliography which other pages cite it, in the order of the book."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the bibliography, if this page has one."""
        cite = self.env.get_domain("cite")
        keys = {work.citation_id: work.key for work in cite.citations}
        for entry in list(self.document.findall(nodes.citation)):
            key = next((keys[name] for name in entry["ids"] if name in keys), None)
            pages = {
                ref.docname
                for ref in cite.citation_refs
                if key in (target.key for target in ref.targets)
            }
            links = [
                link(self, name, self.env.titles[name].astext())
                for _, name in contents(self.env)
                if name in pages - {self.env.docname}
            ]
            if links:
                entry += tag("p", "Cited in ", *between(", ", links), ".", classes=["chapter"])
