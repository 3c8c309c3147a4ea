"""How long a page takes: the one rule, for the line that says it and for all who plan with it.

150 words a minute, a minute for each displayed equation, five for each exercise, rounded up to five.
What is folded does not count: hints, solutions, proofs for the curious.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

import book

WORDS_A_MINUTE = 150
MINUTES_A_DISPLAY = 1
MINUTES_AN_EXERCISE = 5
STEP = 5

SOLUTION = re.compile(
    r"^:::\{solution-start\}.*?^:::\{solution-end\}.*?^:::$", re.DOTALL | re.MULTILINE
)
DIRECTIVE = re.compile(r"\{([\w:-]+)\}(.*)")
OPTIONS = re.compile(r"\A(?::[\w-]+:.*\n)*")
WORD = re.compile(r"\w+(?:[-.,'’]\w+)*")
DISPLAYS = {"math_block", "math_block_label", "amsmath"}
TIME = re.compile(r"^\*\*Time\.\*\*.*(?:\n(?!:|\n).+)*", re.MULTILINE)


@cache
def parser():
    """Return a reader of Markdown with the extensions that the book has."""
    settings = yaml.safe_load(Path(book.ROOT, "_config.yml").read_text(encoding="utf-8"))
    extensions = set(settings["parse"]["myst_enable_extensions"])
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


def page(path: Path) -> str:
    """Return the Markdown of a page, which is a notebook or a Markdown file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return joined("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def joined(sources) -> str:
    """Join the Markdown cells of a notebook into one text."""
    return "\n\n".join(sources)


def count(markdown: str) -> tuple[int, int, int]:
    r"""Return the words, the displayed equations and the exercises of a page that are not folded.

    >>> count("One *two* $x^2$.\n\n$$\ny = x\n$$\n\n:::{dropdown} Hint\nThree.\n:::")
    (3, 1, 0)
    """
    words = displays = exercises = 0
    for token in parser().parse(SOLUTION.sub("", markdown)):
        directive = DIRECTIVE.match(token.info) if "fence" in token.type else None
        name, title = directive.groups() if directive else ("", "")
        if token.type == "inline":
            words += len(WORD.findall(_shown(token)))
        elif token.type in DISPLAYS or name == "math":
            displays += 1
        elif name and name != "dropdown" and "code" not in name:
            inside = count(title + "\n\n" + OPTIONS.sub("", token.content))
            words, displays = words + inside[0], displays + inside[1]
            exercises += inside[2] + (name == "exercise")
    return words, displays, exercises


def _shown(token) -> str:
    """Return what an inline token shows; a formula or a bit of code is read as one word."""
    one = {"text": None, "softbreak": " ", "hardbreak": " ", "math_inline": "x", "code_inline": "x"}
    return "".join(one.get(child.type, "") or child.content for child in token.children
                   if child.type in one)  # fmt: skip


def minutes(markdown: str) -> int:
    r"""Return the minutes that a page takes, exercises included.

    >>> minutes("word " * 150 + "\n\n:::{exercise}\nTry.\n:::")
    10
    """
    words, displays, exercises = count(markdown)
    exact = words / WORDS_A_MINUTE + MINUTES_A_DISPLAY * displays + MINUTES_AN_EXERCISE * exercises
    return STEP * -int(-exact // STEP)


def timed(opening: str, markdown: str) -> str:
    """Return the first cell of a page with the line that says how long the page takes."""
    included = ", exercises included" if count(markdown)[2] else ""
    return TIME.sub(f"**Time.** {minutes(markdown)} minutes{included}.", opening)
