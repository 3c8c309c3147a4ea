"""Build the slides: decks kept by hand, whose formulas, figures and explorers are the chapters' own.

In a deck, `teaching/slides/SLUG.md`, a line `{{eq-sigmoid}}` stands for the equation of that label, with
its number, and `{{fig-sigmoid-slope}}` or `{{exp-sigmoid}}` for what the cell of that name shows. They
come from the chapter SLUG, so that nothing is kept twice, and `{{fig-chain}}` from the start page.
`{{lower fig-relu-fan}}` stands for the lower of two drawings, `{{curve-sigmoid}}` for the graph of that
function of the package, without its slope, `{{quiz-1}}` for the first of the chapter's quick questions,
which asks the room, `{{explore_descent}}` for what that function of `slopes.explore` returns, and
`{{homework-one-neuron}}` for a slide that hands out that set. `{{plan}}` stands for what the page for
teachers plans. In the notes of the speaker `{{minutes-sigmoid}}` says when that chapter's turn is, and
`{{minutes-before-sigmoid}}` and `{{minutes-after-sigmoid}}` what comes before and after it; `{{part-2}}`
says when the second part of the chapter begins, by the table in its notes for teachers.

The decks of a lecture are one row of slides, so that nobody changes decks in front of a room. The first
formula or box of a slide is there at once; each of the others comes at a press of a key.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
from matplotlib.figure import Figure

import book
import homework
import kit
import notes
import quiz
import slopes
from references import title
from slopes import explore, figures
from slopes.explorer import SCRIPT, STYLE, for_page
from slopes.grading import read_homework

DECKS = kit.TEACHING / "slides"
EXTENSIONS = Path(book.ROOT, "web", "extensions")
DISPLAY = re.compile(r"^\$\$\n(.*?)\n\$\$ \(([\w-]+)\)", re.M | re.S)
NUMBER = re.compile(r'id="equation-([\w-]+)">\s*<span class="eqno">\((\d+\.\d+)\)')
DRAWN = re.compile(r"^:::\{figure\} (\S+)\n:alt: (.*)\n:name: (\S+)$", re.M)
PLACE = re.compile(r"\{\{(lower )?([\w-]+)\}\}")
# The head of a figure, and each text in it: its base line, and a hundredth of its size.
HEAD = re.compile(r'width="(\S+)pt" height="(\S+)pt" viewBox="0 0 \1 \2"')
TEXT = re.compile(r"translate\(\S+ (\S+)\) scale\((\S+) ")
# The minutes that the unit takes of a part of a chapter, in its notes.
TAKEN = re.compile(r"^\| [^|\n]+ \| \d+ \| (\d+) \|$", re.M)
# The minutes of a chapter, on the slide on which it begins.
BEGINS = re.compile(r"\{\{minutes-(?!before-|after-)([\w-]+)\}\}")
SLIDE = re.compile(r"^(?:# |\{\{homework-)", re.M)
BOX = re.compile(r"^```\{container\} (?:numbered|ask|slip|told)$", re.M)


def numbers(pages: Path, slug: str) -> dict[str, str]:
    """The numbers of a chapter's equations by their labels, as the last build prints them."""
    page = pages / "chapters" / f"{slug}.html"
    if not page.is_file():
        raise book.Trouble("The slides take their numbers from the book: run `make book` first.")
    return dict(NUMBER.findall(page.read_text(encoding="utf-8")))


def equations(notebook) -> dict[str, str]:
    """The displayed equations of a chapter by their labels."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found |= {label: latex for latex, label in DISPLAY.findall(cell.source)}
    return found


def shows(notebook) -> dict[str, tuple]:
    """What the cells of a chapter show, by name: (outputs' data, alt text)."""
    found = {}
    for cell in notebook.cells:
        about = cell.metadata.get("mystnb", {})
        name = about.get("figure", {}).get("name")
        if cell.cell_type == "code" and name:
            data = next(output.data for output in cell.outputs if "data" in output)
            found[name] = (data, about.get("image", {}).get("alt", ""))
    return found


def drawn() -> dict[str, tuple]:
    """The drawings of the start page, by name, as `shows` has the others."""
    start = Path(book.ROOT, "chapters", "index.md")
    return {
        name: ({"image/svg+xml": (start.parent / file).read_text(encoding="utf-8")}, alt)
        for file, alt, name in DRAWN.findall(start.read_text(encoding="utf-8"))
    }


def filled(deck: str, slug: str, folder: Path, numbered: dict[str, str]) -> str:
    """The text of a deck with all its places filled; pictures are written beside it."""
    notebook = nbformat.read(Path(book.ROOT, "chapters", f"{slug}.ipynb"), 4)
    formulas, shown = equations(notebook), drawn() | shows(notebook)

    def fill(place):
        half, name = place.groups()
        if name.startswith("quiz-"):
            return asked(quiz.read(slug)[int(name.removeprefix("quiz-")) - 1])
        if name == "plan":
            return plan()
        if name.startswith("homework-"):
            return handed_out(name.removeprefix("homework-"), minutes(f"after-{slug}"))
        if name.startswith("minutes-"):
            return minutes(name.removeprefix("minutes-"))
        if name.startswith("part-"):
            return begins(slug, int(name.removeprefix("part-")))
        if name.startswith("curve-"):
            function = name.removeprefix("curve-")
            (folder / f"{name}.svg").write_text(curve(function), encoding="utf-8")
            return f"![The graph of {function}, without its slope.]({name}.svg)"
        if name.startswith("explore_"):
            return raw(getattr(explore, name)()._repr_html_())
        if name in formulas:
            if name not in numbered:
                raise book.Trouble(f"The book has no number for {name}: build it again.")
            # The number stands in a column of its own, so that it touches no formula.
            return f"```{{container}} numbered\n$$\n{formulas[name]}\n$$\n\n({numbered[name]})\n```"
        if name not in shown:
            raise book.Trouble(f"{slug}.md: the chapter has no equation and no figure {name}.")
        data, alt = shown[name]
        if "image/svg+xml" not in data:
            return raw(data["text/html"])
        picture = data["image/svg+xml"]
        if half:
            picture, alt = lower(picture, alt)
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
        return f"![{alt}]({name}.svg)"

    return PLACE.sub(fill, deck)


def lower(picture: str, alt: str) -> tuple[str, str]:
    """The lower of two drawings, from the line of its title on, and what the alt text says of it."""
    drawing = picture.partition('<g id="axes_2">')[2]
    top = min(float(base) - 100 * float(size) for base, size in TEXT.findall(drawing))

    def cut(head):
        width, height = head[1], f"{float(head[2]) - top:g}"
        return f'width="{width}pt" height="{height}pt" viewBox="0 {top:g} {width} {height}"'

    said = alt.partition("Bottom: ")[2]
    return HEAD.sub(cut, picture, count=1), said[:1].upper() + said[1:]


def curve(name: str, span: tuple[float, float] = (-6, 6)) -> str:
    """The graph of a function of the package, for a question that its slope would answer."""
    function = getattr(slopes, name)
    with plt.rc_context():
        figures.use_style()
        figure = Figure(figsize=(figures.WIDTHS[0][0], 3.6))
        ax = figure.subplots()
        figures.draw_curve(ax, function, function, span)
        ax.set_xlabel(f"${function.variable}$")
        figures.set_ticks(ax, x=[span[0], 0, span[1]], y=np.round(function(np.array(span))))
        return figures.as_svg(figure)


def step_by_step(deck: str) -> str:
    """Let what a slide has come one by one, after the first: formulas, questions, slips, sentences."""
    slides = []
    for slide in re.split(r"^(?=# )", deck, flags=re.M):
        first = BOX.search(slide)
        at = first.end() if first else len(slide)
        slides.append(slide[:at] + BOX.sub(r"\g<0> fragment", slide[at:]))
    return "".join(slides)


def raw(explorer: str) -> str:
    """An explorer, as it is."""
    return f"```{{raw}} html\n{for_page(explorer)}\n```"


def asked(question: quiz.Question) -> str:
    """A question to the room; its answer stands in the notes of the speaker."""
    letters = dict(zip("ABCDEFGH", question.options, strict=False))
    options = "\n".join(f"- **{letter}** {option.text}" for letter, option in letters.items())
    options = f":::{{container}} options\n{options}\n:::"
    right = next(letter for letter, option in letters.items() if option.right)
    # The right one first: in a small window the last reasons are not seen at once.
    order = sorted(letters, key=lambda letter: letter != right)
    notes = "\n\n".join(f"{letter}: {letters[letter].aloud}" for letter in order)
    notes = f"Right: {notes}"
    return f"**{question.text}**\n\n{options}\n\n:::{{revealjs-notes}}\n{notes}\n:::"


def plan() -> str:
    """The meetings of the unit, each with what it is about and its chapters."""
    lines = []
    for meeting in kit.unit():
        names = (title(f"{slug}.ipynb") for slug in meeting.slugs if slug != "index")
        head = f"{meeting.name}, {meeting.minutes} minutes: {meeting.about}"
        lines.append(f"- **{head}.** {'; '.join(names)}.")
    return "\n".join(lines)


def minutes(part: str) -> str:
    """When a part of a lecture is: that of a chapter, or what comes `before-` or `after-` it."""
    beside, slug = re.fullmatch(r"(before-|after-)?(.*)", part).groups()
    meeting, begin, end = span(slug, {"before-": -1, "after-": 1}.get(beside, 0))
    return f"Minutes {begin} to {end} of {meeting.name.lower()}."


def begins(slug: str, part: int) -> str:
    """When a part of a chapter begins, of those that the unit takes from it."""
    table = (notes.NOTES / f"{slug}.md").read_text(encoding="utf-8")
    lengths = [int(length) for length in TAKEN.findall(table) if int(length)]
    if not 1 < part <= len(lengths):
        raise book.Trouble(f"{slug}.md: the unit takes no part {part} of the chapter.")
    return f"Minute {span(slug)[1] + sum(lengths[: part - 1])}."


def span(slug: str, aside: int = 0) -> tuple[kit.Meeting, int, int]:
    """The meeting that has a chapter, and the minutes of it, or of what comes beside it."""
    for meeting in kit.unit():
        if slug in meeting.slugs:
            at = [page for _, page in meeting.parts].index(slug) + aside
            begin = sum(length for length, _ in meeting.parts[:at])
            return meeting, begin, begin + meeting.parts[at][0]
    raise book.Trouble(f"No lecture of the unit has the chapter {slug}.")


def handed_out(name: str, when: str) -> str:
    """The slide that hands out a set of homework."""
    one = read_homework(kit.TEACHING / "homework" / f"{name}.md")
    return f"""# {one.title}

{homework.size(one)}
Put the notebook and the file that ends in `.whl` into one folder, and open it in JupyterLab.

{homework.HOW_TO_TYPE}

Run the cell as often as you like: it names the first line that does not hold.
**Hand in the notebook.**

:::{{revealjs-notes}}
{when} Say until when, and where to. Type a line that is wrong into one cell, run it, and mend it.
(Open the notebook before the lecture: `make lab FOLDER=_build/teach/homework/{name}`.)
:::"""


def lectures() -> dict[str, tuple[kit.Meeting, list[str]]]:
    """Each meeting that has slides, and the chapters whose decks it shows, by the name of its file."""
    names = {path.stem for path in DECKS.glob("*.md")}
    found = {}
    for meeting in kit.unit():
        slugs = [slug for slug in meeting.slugs if slug in names]
        if slugs:
            found[meeting.name.lower().replace(" ", "-")] = meeting, slugs
    lost = names.difference(*(slugs for _, slugs in found.values()))
    if lost:
        raise book.Trouble(f"No lecture of the unit shows {', '.join(lost)}.")
    return found


def places() -> dict[str, str]:
    """The address of the slide on which each chapter, or the play of the start page, begins."""
    found = {}
    for file, (_, slugs) in lectures().items():
        row = "\n".join((DECKS / f"{slug}.md").read_text(encoding="utf-8") for slug in slugs)
        for number, slide in enumerate(SLIDE.split(row)[1:]):
            for slug in BEGINS.findall(slide):
                found.setdefault(slug, f"{file}.html#/{number}")
            if "{{explore_" in slide:
                found.setdefault("index", f"{file}.html#/{number}")
    return found


def contents() -> str:
    """The first page: a link to each lecture, and to the slide on which a chapter begins."""
    columns, place, shown = [], places(), lectures()
    for file, (meeting, slugs) in shown.items():
        links = "\n".join(
            f"- <a href='{place[slug]}'>{title(f'{slug}.ipynb')}</a>" for slug in slugs
        )
        about = f"**<a href='{file}.html'>{meeting.name}: {meeting.about}</a>**"
        columns.append(f":::{{container}} column\n{about}\n\n{links}\n:::")
    columns, decks = "\n".join(columns), "\n".join(shown)
    return f"""# Slopes: the slides

::::{{container}} two
{columns}
::::

```{{toctree}}
:hidden:

{decks}
```
"""


def main() -> None:
    """Build all decks."""
    parser = argparse.ArgumentParser(prog="make slides", description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=Path, default=Path(book.PAGES), help="where the book is")
    parser.add_argument("--out", type=Path, default=kit.KIT / "slides", help="where the slides go")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        source = Path(work, "source")
        source.mkdir()
        for file, (_, slugs) in lectures().items():
            decks = []
            for slug in slugs:
                deck = (DECKS / f"{slug}.md").read_text(encoding="utf-8")
                decks.append(filled(deck, slug, source, numbers(options.pages, slug)))
            (source / f"{file}.md").write_text(step_by_step("\n".join(decks)), encoding="utf-8")
        (source / "index.md").write_text(contents(), encoding="utf-8")
        command = [sys.executable, "-m", "sphinx", "-b", "revealjs", "-W", "-q", "-c", str(DECKS)]
        command += [str(source), str(Path(work, "slides"))]
        paths = os.pathsep.join([str(EXTENSIONS), str(Path(book.ROOT, "tools"))])
        environment = book.environment() | {"PYTHONPATH": paths}
        with book.Progress("Building the slides"):
            done = subprocess.run(command, env=environment)
        if done.returncode != 0:
            raise book.Trouble("The slides were not built: see above.")
        for file in (STYLE, SCRIPT):  # the settings can name folders alone
            shutil.copy(file, Path(work, "slides", "_static"))
        shutil.rmtree(options.out, ignore_errors=True)
        leave = shutil.ignore_patterns(".doctrees", ".buildinfo", "_sources", "objects.inv")
        shutil.copytree(Path(work, "slides"), options.out, ignore=leave)
    print(f"{len(lectures())} lectures are in {kit.shown(options.out)}: open index.html there.")
    folder = options.out.with_name("notes")
    print(f"{notes.write(folder, places())} notes for teachers are in {kit.shown(folder)}.")


if __name__ == "__main__":
    kit.start(main)
