"""The quick questions on the chapters: a choice shows what is to be said of it, without a script."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

import quiz
from elements.markup import Tag, put, tag, unseen
from elements.start import link, number, parts


class questions_on(nodes.Element):
    """The questions on one chapter, until the order of the chapters is known."""


class Quizzes(SphinxDirective):
    """```{quizzes}``` shows all questions."""

    def run(self):
        """Return the questions, chapter by chapter."""
        found = []
        for path in sorted(quiz.QUIZZES.glob("*.md")):
            self.env.note_dependency(str(path))
            groups = [
                self.group(question, number, f"{path.stem}-{number}")
                for number, question in enumerate(quiz.read(path.stem), 1)
            ]
            found.append(questions_on("", *groups, slug=path.stem))
        return [nodes.container("", *found)]

    def group(self, question: quiz.Question, number: int, name: str) -> Tag:
        """Return one question, with its number in its chapter and its options."""
        options = [
            self.option(option, name, f"{name}-{letter}")
            for letter, option in zip("abcdefgh", question.options, strict=False)
        ]
        return tag(
            "fieldset",
            tag(
                "legend",
                unseen("Question "),
                tag("span", words=str(number), classes=["number"]),
                " ",
                *self.parsed(question.text),
            ),
            *options,
            classes=["quiz"],
        )

    def option(self, option: quiz.Option, name: str, at: str) -> Tag:
        """Return one option, and below it what is to be said if it is chosen."""
        button = nodes.raw("", f'<input type="radio" name="{name}" id="{at}">', format="html")
        kind, word = ("verified", "Right.") if option.right else ("refuted", "Wrong.")
        verdict = tag("span", words=word, classes=["verdict", kind])
        why = tag("div", verdict, " ", *self.parsed(option.why), classes=["why"])
        label = tag("label", *self.parsed(option.text), **{"for": at})
        return tag("div", button, label, why, classes=["option"])

    def parsed(self, text: str) -> list[nodes.Node]:
        """Return what a sentence is on the page."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([text]), self.content_offset, holder)
        return holder[0].children


class InOrder(SphinxPostTransform):
    """Put the questions below the names of their parts and chapters, in the book's order."""

    default_priority = 110
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the page that has them."""
        found = {place["slug"]: place for place in self.document.findall(questions_on)}
        if not found:
            return
        ordered, links = [], []
        for caption, names in parts(self.env).items():
            asked = [(name, found[slug]) for name in names if (slug := Path(name).name) in found]
            if asked:
                name = nodes.make_id(caption)
                ordered.append(tag("h2", caption, ids=[name]))
                links.append(tag("p", tag("a", words=caption, href=f"#{name}")))
            for name, place in asked:
                ordered += [self.heading(name, place["slug"]), *place.children]
                links[-1] += self.way(name, place["slug"])
                for label in place.findall(Tag):
                    if "number" in label["classes"]:
                        label["words"] = f"{number(self.env, name)}.{label['words']}"
        ways = tag("nav", *links, classes=["sections"], **{"aria-label": "Parts and chapters"})
        place = next(iter(found.values())).parent
        put(tag("div", ways, *ordered, classes=["quizzes"]), place)

    def heading(self, name: str, slug: str) -> Tag:
        """Return the number and the title of a chapter, which lead there."""
        title = link(self, name, self.env.titles[name].astext())
        place = tag("span", words=number(self.env, name), classes=["number"])
        return tag("h3", place, " ", title, ids=[slug], classes=["asked"])

    def way(self, name: str, slug: str) -> Tag:
        """Return a link to the questions on a chapter."""
        title = self.env.titles[name].astext()
        words = {"aria-label": f"Chapter {number(self.env, name)}: {title}", "title": title}
        return tag("a", words=number(self.env, name), href=f"#{slug}", **words)
