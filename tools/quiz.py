"""The quick questions: read from their files, and shown in the book without a script.

A file in `teaching/quizzes/` has a question as a heading, and below it a list of options. A mark stands
before each, as in a list of tasks, and what is to be said of the option stands in the lines below it::

    ## Where is the sigmoid steepest?

    - [ ] At $x = 1$.
      There it has begun to level off.
    - [x] At $x = 0$.
      There both factors are one half.

As a Sphinx extension this module has a directive, `quiz`, for the questions on one chapter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

import book

QUIZZES = Path(book.ROOT, "teaching", "quizzes")
OPTION = re.compile(r"^- \[([ x])\] (.*)\n((?:  .*\n?)*)", re.M)


@dataclass(frozen=True)
class Option:
    """A possible answer: whether it is right, and why it is or is not."""

    right: bool
    text: str
    why: str


@dataclass(frozen=True)
class Question:
    """A question with its options, of which one is right."""

    text: str
    options: tuple[Option, ...]


def read(slug: str) -> list[Question]:
    """The questions on a chapter.

    Raises
    ------
    ValueError
        If a question has not one right option, or an option says nothing about itself.
    """
    text = (QUIZZES / f"{slug}.md").read_text(encoding="utf-8")
    questions = []
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        title = part.splitlines()[0].strip()
        options = tuple(
            Option(mark == "x", said.strip(), " ".join(why.split()))
            for mark, said, why in OPTION.findall(part + "\n")
        )
        if sum(option.right for option in options) != 1:
            raise ValueError(f"{slug}.md: {title!r} needs one right option")
        if not all(option.why for option in options):
            raise ValueError(f"{slug}.md: each option of {title!r} needs a reason below it")
        questions.append(Question(title, options))
    return questions


class Quiz(Directive):
    """The questions on a chapter: a choice shows what is to be said of it."""

    required_arguments = 1

    def run(self):
        """Return the nodes of all questions."""
        slug = self.arguments[0]
        self.state.document.settings.env.note_dependency(str(QUIZZES / f"{slug}.md"))
        result = []
        for number, question in enumerate(read(slug), 1):
            result += self._question(question, f"quiz-{slug}-{number}")
        return result

    def _question(self, question, name):
        yield _raw('<fieldset class="quiz"><legend>')
        yield self._parsed(question.text)
        yield _raw("</legend>")
        for letter, option in zip("abcdefgh", question.options, strict=False):
            at = f"{name}-{letter}"
            yield _raw(
                f'<div class="option"><input type="radio" name="{name}" id="{at}">'
                f'<label for="{at}">'
            )
            yield self._parsed(option.text)
            kind, word = ("verified", "Right.") if option.right else ("refuted", "No.")
            yield _raw(f'</label><div class="why"><span class="verdict {kind}">{word}</span> ')
            yield self._parsed(option.why)
            yield _raw("</div></div>")
        yield _raw("</fieldset>")

    def _parsed(self, text):
        """What a sentence is on the page."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([text]), self.content_offset, holder)
        return nodes.inline("", "", *holder[0].children)


def _raw(html):
    return nodes.raw("", html, format="html")


def setup(app):
    """Connect to Sphinx."""
    app.add_directive("quiz", Quiz)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
