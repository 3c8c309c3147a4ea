"""The list of works: below each, the pages that cite it."""

from __future__ import annotations

import re
from itertools import groupby

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.facts import contents
from elements.markup import tag
from elements.start import between, link, number
from elements.ties import bound, together


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
            places = [n for _, n in contents(self.env) if n in pages - {self.env.docname}]
            name = entry.next_node(nodes.label)
            say_once(entry, name.astext())
            name[:] = [nodes.Text(bound(name.astext()))]
            for address in entry.findall(nodes.reference):
                break_at_slashes(address)
            if places:
                entry += tag("p", "Cited in ", *self.links(places), ".", classes=["chapter"])

    def links(self, places: list[str]) -> list:
        """Return links to pages: to chapters by their numbers, then to the others by their titles."""
        chapters = [name for name in places if number(self.env, name)]
        others = [name for name in places if name not in chapters]
        titles = {name: self.env.titles[name].astext() for name in places}
        links = [link(self, name, number(self.env, name), title=titles[name]) for name in chapters]
        links += [
            link(self, name, titles[name].partition(":")[0], title=titles[name]) for name in others
        ]
        before = ["chapter " if len(chapters) == 1 else "chapters "] if chapters else []
        return before + between(", ", links)


def say_once(entry: nodes.citation, name: str) -> None:
    """Leave out the year that a work is called by, and its author where the name says all.

    Of two stops one is left, and pages stand behind a comma in all.
    """
    author, _, year = name.removesuffix(")").partition(" (")
    said = entry.next_node(nodes.paragraph)
    parts, said.children = said.children, []
    for is_text, found in groupby(parts, lambda part: isinstance(part, nodes.Text)):
        if is_text:
            text = re.sub(rf"[.,]\s{year}(?=\.)|(?<=, )pages ", "", "".join(found)).replace(
                "..", "."
            )
            found = [nodes.Text(text if len(said) else text.removeprefix(f"{author}. "))]
        said += list(found)


def break_at_slashes(address: nodes.reference) -> None:
    """Let what a link shows break behind a slash, and nowhere else."""
    parts = re.findall(r"[^/]+/*", address.astext())
    address[:] = []
    for part in parts:
        address += [together(nodes.Text(part)), nodes.raw("", "<wbr>", format="html")]
