"""How a page opens: the part it belongs to, its title, its promise, its facts."""

from __future__ import annotations

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements.checked import badge
from elements.facts import NEEDS, OPENING, REPORT, TIME, contents, known
from elements.markup import Heading, bold, lines, tag

LABELS = {"What you will do.": "You will", NEEDS: "You need"}


class Opening(SphinxPostTransform):
    """Make the opening of a chapter of its first paragraph and of "Before you start"."""

    default_priority = 110  # after the references are resolved
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the beginning of one page."""
        docname = self.env.docname
        section = next(iter(self.document.findall(nodes.section)), None)
        if section is None or docname == self.config.root_doc:
            return
        number = self.env.toc_secnumbers.get(docname, {}).get("")
        words = part(self.env, docname)
        if number:
            words = f"Chapter {'.'.join(map(str, number))} · {words}"
            title = section[0]
            section[0] = Heading("", "", *title.children, classes=title["classes"])
        if words:
            section.insert(0, tag("p", words=words, classes=["eyebrow"]))
        said = facts(known(self.env)[docname])
        first = next((n for n in section.children if isinstance(n, nodes.paragraph)), None)
        box = next(
            (b for b in self.document.findall(nodes.admonition) if OPENING in b["classes"]), None
        )
        if box is not None:
            first["classes"].append("lede")
            place = box.parent.index(box)
            box.parent[place : place + 1] = [said, before(box)]
        elif first is not None:
            first["classes"].append("lede")
            if said.children:
                section.insert(section.index(first) + 1, said)


def facts(page) -> nodes.Element:
    """Return the line of what can be counted: equalities, minutes, exercises."""
    found = [badge(page.counts, f"#{REPORT}")]
    if page.minutes:
        found.append(tag("span", words=f"{page.minutes} minutes", title="exercises included"))
    if page.exercises:
        found.append(tag("span", words=page.asked))
    return tag("div", *filter(None, found), classes=["facts"])


def before(box: nodes.admonition) -> nodes.Element:
    """Return what "Before you start" says as a list of terms, each with its sentences."""
    rows = []
    for paragraph in box.children[1:]:
        name = bold(paragraph)
        said = name.astext() if name else ""
        if said == TIME:
            continue
        if name:
            paragraph.remove(name)
        rows.append(tag("dt", words=LABELS.get(said, said.rstrip("."))))
        rows.append(tag("dd", tag("ul", *(tag("li", *line) for line in lines(paragraph)))))
    return tag("dl", *rows, classes=["opening"])


def part(env, docname: str) -> str:
    """Return the caption of the part of the book that a page belongs to."""
    return next((caption for caption, name in contents(env) if name == docname), "")
