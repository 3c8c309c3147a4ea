"""The start page: its cover, the map of the chapters, and explorers in a page without cells."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from elements.checked import badge
from elements.facts import contents, known
from elements.markup import Heading, Tag, put, tag
from slopes import explore


class Explorer(SphinxDirective):
    """``:::{explorer} explore_neuron`` shows what that function of ``slopes.explore`` returns.

    What stands in it is the caption.
    """

    required_arguments = 1
    option_spec = {"name": directives.unchanged}  # noqa: RUF012 - as docutils has it
    has_content = True

    def run(self):
        """Let the package make the explorer."""
        make = getattr(explore, self.arguments[0], None)
        if not callable(make):
            raise self.error(f"slopes.explore has no explorer {self.arguments[0]!r}")
        self.env.note_dependency(explore.__file__)
        figure = nodes.figure("", nodes.raw("", make()._repr_html_(), format="html"))
        words, messages = self.state.inline_text("\n".join(self.content), self.lineno)
        figure += nodes.caption("", "", *words)
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure, *messages]


class chapter_map(nodes.Element):
    """The place of the map, until all chapters are known."""


class ChapterMap(SphinxDirective):
    """``:::{chapter-map}`` shows all chapters: how long they take, what they ask, what they need."""

    def run(self):
        """Mark the place."""
        return [chapter_map()]


class Start(SphinxPostTransform):
    """Make the cover of the start page, and the map wherever it is asked for."""

    default_priority = 110
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite one page."""
        for place in list(self.document.findall(chapter_map)):
            put(self.map(), place)
        if self.env.docname == self.config.root_doc:
            self.cover(next(iter(self.document.findall(nodes.section))))

    def cover(self, section):
        """Set the title in two lines, and say below the promise what the book holds."""
        section["classes"].append("cover")
        name, _, rest = section[0].astext().partition(": ")
        section[0] = Heading("", "", nodes.Text(name))
        lede = next(node for node in section.children if isinstance(node, nodes.paragraph))
        lede["classes"].append("lede")
        pages = known(self.env)
        chapters = [name for part in parts(self.env).values() for name in part]
        counts = sum((pages[name].counts for name in chapters), Counter())
        report = self.app.builder.get_relative_uri(self.env.docname, "chapters/verified")
        exercises = sum(pages[name].exercises for name in chapters)
        held = tag("span", words=f"{len(chapters)} chapters · {exercises} exercises")
        facts = [badge(counts, report, book=True), held]
        line = tag("div", *filter(None, facts), classes=["facts"])
        place = section.index(lede)
        section[place + 1 : place + 1] = [line]
        if rest:
            section[1:1] = [tag("p", rest[0].upper() + rest[1:], classes=["sub"])]

    def map(self):
        """Return the chapters, a column for each part of the book."""
        columns = []
        for caption, names in parts(self.env).items():
            titles = [self.env.titles[name].astext() for name in names]
            first = len(shared(titles))
            items = [
                self.item(name, title[first:]) for name, title in zip(names, titles, strict=True)
            ]
            columns.append(tag("div", tag("h3", caption), tag("ol", *items)))
        return tag("div", *columns, classes=["map", "wide"])

    def item(self, name, title):
        """Return a chapter's line: its number, its title, its facts, and the chapters it needs."""
        page = known(self.env)[name]
        facts = [f"{page.minutes} min"] if page.minutes else []
        if page.exercises:
            facts.append(page.asked)
        chapters = [name for part in parts(self.env).values() for name in part]
        needs = ", ".join(number(self.env, need) for need in chapters if need in page.needs)
        small = [between(" · ", facts), [f"after {needs}"] if needs else []]
        text = [link(self, name, title[:1].upper() + title[1:])]
        text += [tag("small", *line) for line in small if line]
        return tag("li", tag("span", number(self.env, name), classes=["n"]), tag("span", *text))


def link(transform: SphinxPostTransform, name: str, words: str, **attributes) -> Tag:
    """Return a link from the page that is being rewritten to a chapter."""
    href = transform.app.builder.get_relative_uri(transform.env.docname, name)
    return tag("a", words, href=href, **attributes)


def number(env, name: str) -> str:
    """Return the number of a chapter; nothing for what is none."""
    return ".".join(map(str, env.toc_secnumbers.get(name, {}).get("", ())))


def parts(env) -> dict[str, list[str]]:
    """Return the names of the chapters, which are numbered, by the caption of their part."""
    found = {}
    for caption, name in contents(env):
        if number(env, name):
            found.setdefault(caption, []).append(name)
    return found


def shared(titles: list[str]) -> str:
    """Return the words with which all titles of a column begin.

    >>> shared(["Differentiate tanh", "Differentiate the sigmoid"])
    'Differentiate '
    """
    words = zip(*(title.split() for title in titles), strict=False)
    same = takewhile(lambda column: len(set(column)) == 1, words)
    return "".join(f"{column[0]} " for column in same) if len(titles) > 1 else ""


def between(separator, items: list) -> list:
    """Return the items with a separator between each two."""
    return [part for item in items for part in (separator, item)][1:]
