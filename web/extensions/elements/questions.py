"""The quick questions on a chapter: a choice shows what is to be said of it, without a script."""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import quiz
from elements.markup import Tag, tag, unseen


class Quiz(SphinxDirective):
    """```{quiz} sigmoid``` shows the questions on that chapter."""

    required_arguments = 1

    def run(self):
        """Return a group of radio buttons for each question."""
        slug = self.arguments[0]
        self.env.note_dependency(str(quiz.QUIZZES / f"{slug}.md"))
        return [
            self.group(question, number, f"quiz-{slug}-{number}")
            for number, question in enumerate(quiz.read(slug), 1)
        ]

    def group(self, question: quiz.Question, number: int, name: str) -> Tag:
        """Return one question, whose number hangs like that of a step, with its options."""
        options = zip("abcdefgh", question.options, strict=False)
        return tag(
            "fieldset",
            tag(
                "legend",
                unseen("Question "),
                tag("span", words=str(number), classes=["step-n"]),
                " ",
                *self.parsed(question.text),
            ),
            *(self.option(option, name, f"{name}-{letter}") for letter, option in options),
            classes=["quiz"],
        )

    def option(self, option: quiz.Option, name: str, at: str) -> Tag:
        """Return one option, and below it what is to be said if it is chosen."""
        button = nodes.raw("", f'<input type="radio" name="{name}" id="{at}">', format="html")
        kind, word = ("verified", "Right.") if option.right else ("refuted", "No.")
        verdict = tag("span", words=word, classes=["verdict", kind])
        why = tag("div", verdict, " ", *self.parsed(option.why), classes=["why"])
        label = tag("label", *self.parsed(option.text), **{"for": at})
        return tag("div", button, label, why, classes=["option"])

    def parsed(self, text: str) -> list[nodes.Node]:
        """Return what a sentence is on the page."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([text]), self.content_offset, holder)
        return holder[0].children
