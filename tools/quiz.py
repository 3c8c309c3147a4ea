"""The quick questions, which the book and the slides show.

A file in `teaching/quizzes/` has a question as a heading, and below it a list of options. A mark stands
before each, as in a list of tasks, and what is to be said of the option stands in the lines below it::

    ## Where is the sigmoid steepest?

    - [ ] At $x = 1$.
      There it has begun to level off.
    - [x] At $x = 0$.
      There both factors are one half.
      See {eq}`eq-sigmoid-maximum`.

What leads to a formula or a section is for the page, where that is one step away; slides leave it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import book

QUIZZES = Path(book.ROOT, "teaching", "quizzes")
OPTION = re.compile(r"^- \[([ x])\] (.*)\n((?:  .*\n?)*)", re.M)
LEADS = re.compile(r" See \{(?:eq|ref)\}`[^`]*`\.")


@dataclass(frozen=True)
class Option:
    """A possible answer: whether it is right, and why it is or is not."""

    right: bool
    text: str
    why: str

    @property
    def aloud(self) -> str:
        """What is to be said of it where nothing can be followed."""
        return LEADS.sub("", self.why)


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
