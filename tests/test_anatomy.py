"""What every chapter has in common, as far as a machine can tell."""

import json
import re
from pathlib import Path

import pytest
import yaml

import book
import reading
from slopes.equations.markdown import read_notebook

MOST_MINUTES = 60


def test_time_is_counted_by_the_rule():
    """Words, displays and exercises count; what is folded, hidden or code does not."""
    page = (
        "# A title of five words\n\nOne *two* [three](#x), $y^2$ and `code`.\n\n<!-- not this -->\n\n"
        "$$\ny = x\n$$ (eq-one)\n\n| four | five |\n|---|---|\n| six | $7$ |\n\n"
        "```python\nnot = this\n```\n\n"
        ":::::{exercise} Eight\n:label: ex-not\n:class: level-1\n\nNine, ten.\n\n```{math}\nz = 1\n```\n\n"
        "::::{dropdown} Not\nthis\n::::\n:::::\n\n"
        ":::{solution-start} ex-not\n:class: dropdown\n:::\n\nNot this.\n\n$$\n1 = 1\n$$\n\n"
        ":::{solution-end}\n:::\n\nEleven."
    )
    assert reading.count(page) == (5 + 6 + 4 + 3 + 1, 2, 1)
    assert [reading.minutes("word " * words) for words in (1, 750, 751)] == [5, 5, 10]


def test_time_is_written_into_the_opening():
    opening = (
        ":::{admonition} Before you start\n**Time.**\n40 minutes, exercises included.\n:::\n\nOn."
    )
    written = reading.timed(opening, opening)
    assert written == opening.replace("\n40 minutes, exercises included", " 5 minutes")
    assert reading.timed(written, written) == written
    exercise = ":::{exercise} One\nTry.\n:::"
    assert "**Time.** 10 minutes, exercises included.\n:::" in reading.timed(written, exercise)


# The anatomy of a chapter


def numbered():
    """The chapters of the numbered parts, and the one to copy: not the pages of the back matter."""
    toc = yaml.safe_load(Path(book.ROOT, "_toc.yml").read_text(encoding="utf-8"))
    files = [c["file"] for part in toc["parts"] if part.get("numbered") for c in part["chapters"]]
    return [Path(book.ROOT, f"{file}.ipynb") for file in [*files, "chapters/template"]]


each_numbered = pytest.mark.parametrize("path", numbered(), ids=lambda path: path.stem)


@each_numbered
def test_time_is_that_of_the_rule(path):
    page = reading.page(path)
    assert reading.timed(page, page) == page
    assert "\n**Time.** " in page


@each_numbered
def test_no_chapter_takes_more_than_an_hour(path):
    assert reading.minutes(reading.page(path)) <= MOST_MINUTES


OPENING = re.compile(
    r"""\#\ [^\n]+\n\n                                     # a title
    (?:<!--.*?-->\n\n)?
    (?P<lede>[^\n:<#].*?)\n\n                             # what the reader will have at the end
    (?:<!--.*?-->\n\n)?
    :::\{admonition\}\ Before\ you\ start\n
    \*\*What\ you\ will\ do\.\*\*\n (?P<do>.+?)\n\n
    \*\*What\ you\ need\.\*\*\n (?P<need>.+?)\n\n
    \*\*Time\.\*\*\ \d+\ minutes[^\n]*\n
    :::\n
    (?P<story>.*)""",
    re.VERBOSE | re.DOTALL,
)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
EXERCISE = re.compile(r"^:{3,}\{exercise\}[^\n]*\n((?::[\w-]+:[^\n]*\n)*)", re.MULTILINE)
SOLVED = re.compile(r":::\{solution-start\}.*?\n:::\n(.*?)(?=:::\{solution-end\}|\Z)", re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$|\$.*?\$|%[^\n]*", re.DOTALL)
STEP = re.compile(r"^\*\*Step (\d+): [^*]+[.?]\*\*(.*)", re.MULTILINE)


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def before_code(path):
    texts = []
    for cell in cells(path):
        if cell["cell_type"] == "code":
            return reading.joined(texts), cell
        texts.append(source(cell))
    raise LookupError(f"no code in {path.name}")


@each_numbered
def test_a_chapter_opens_with_what_it_gives_and_a_story(path):
    """And code comes after both; the first cell that needs imports has them, folded."""
    text, first = before_code(path)
    opening = OPENING.fullmatch(text)
    assert opening, "a title, a sentence, and Before you start with its three parts"
    story = re.sub(r"^#+ .*$", "", COMMENT.sub("", opening["story"]), flags=re.MULTILINE)
    assert len(story.split()) >= 30, "the story comes before the first code cell"
    assert "hide-input" in first["metadata"].get("tags", []), "what is imported is folded"


@each_numbered
def test_a_chapter_is_verified_once(path):
    calls = [cell for cell in cells(path) if re.search(r"^verify\(\)", source(cell), re.MULTILINE)]
    assert len(calls) == 1


@each_numbered
def test_what_a_chapter_assumes_can_be_read(path):
    items = read_notebook(path.read_text(encoding="utf-8"))
    assert [item.text for item in items if item.kind == "wrong"] == []


@each_numbered
def test_steps_are_counted_and_explained(path):
    """Each has a name, and a sentence that says by which rule, and why."""
    text = reading.page(path)
    steps = list(STEP.finditer(text))
    counts = [int(step[1]) for step in steps]
    for before, count in zip([0, *counts], counts, strict=False):
        assert count in (before + 1, 1)
    ends = [step.start() for step in steps[1:]] + [len(text)]
    for step, end in zip(steps, ends, strict=False):
        words = FORMULA.sub("", text[step.end(1) : end].partition("**")[2]).split()
        assert len(words) >= 5, step[0]


@each_numbered
def test_exercises_rise_from_easy_to_hard(path):
    options = EXERCISE.findall(reading.page(path))
    found = [re.findall(r":class:.*\blevel-([123])\b", option) for option in options]
    levels = [int(level[0]) for level in found if level]
    assert len(levels) == len(options) >= 4, "each has a level, and there are at least four"
    assert levels == sorted(levels)
    assert set(levels) == {1, 2, 3}


@each_numbered
def test_one_exercise_is_a_derivation(path):
    code, exercise = [], False
    for cell in cells(path):
        if cell["cell_type"] == "markdown":
            exercise = bool(EXERCISE.search(source(cell)))
        elif exercise:
            code.append(source(cell))
    assert any("check_derivation(" in cell for cell in code)


@each_numbered
def test_solutions_say_why(path):
    text = reading.page(path)
    solutions = SOLVED.findall(text)
    assert len(solutions) == len(EXERCISE.findall(text))
    for solution in solutions:
        words = FORMULA.sub(" ", solution).split()
        assert len(words) >= 8, solution


@each_numbered
def test_a_chapter_ends_with_what_to_remember(path):
    headings = re.findall(r"^## (.*)$", reading.page(path), re.MULTILINE)
    assert headings[-1] == "Summary"
    last = reading.page(path).rpartition("## Summary")[2]
    assert re.search(r"^- ", last, re.MULTILINE)
    assert re.search(r"^\*\*Further reading\.\*\*", last, re.MULTILINE)
