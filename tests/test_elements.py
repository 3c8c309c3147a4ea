"""The book's own elements, made of a small book that has one of each."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import book
from slopes.equations.markdown import read_file
from slopes.equations.numbers import AGREEING
from slopes.equations.page import check_items
from slopes.equations.report import MIME

ROOT = Path(book.ROOT)
TOC = """
format: jb-book
root: chapters/index
parts:
  - caption: Foundations
    numbered: 1
    chapters:
      - file: chapters/first
      - file: chapters/second
  - caption: Back matter
    chapters:
      - file: chapters/words
      - file: chapters/works
"""
EXPLORER = "explore_neuron"
INDEX = f"""
# Slopes: the derivatives

What it is.

:::{{chapter-map}}
:::

:::{{explorer}} {EXPLORER}
:name: exp-start

Move $w$.
:::
"""
WORDS = r"""
# Words

Words: $0 \quad \text{for } x > 0$ is said apart.

It holds on one side ($x > 0$) of it.

| name | size: found | size: foretold |
|---|---|---|
| one | $-12.5$ | 1 |
| two | 3 |  |

| minutes | what | from | to |
|---|---|---|---|
| 5 | What a long sentence says in a narrow table. | here | there |

| minutes | what | from | to |
|---|---|---|---|
| 5 | It says less in another table of its kind. | there | here |

| from | share |
|---|---|
| to unit 1 | $2 \cdot 10^{-3}$ |
| to unit 2 | $5 \cdot 10^{-12}$ |
| to none | 0 |

| place | found |
|---|---|
| **above** | |
| a slip | here |
| **below** | |
| a gap | there |

- **✓ Right**: as it stands.
- **Slip**: a wrong letter.
- **Gap**: nothing at all.

**Slip: the letter.**
It says what is wrong.

**Right: the rest.**

:::{glossary}
affine
  A sum.
  Chapter: [](second.md).

analytic
  A series.

batch
  A part.
  Also called an *affine* one, or a *cut*.
:::
"""
OPENING = r"""
# Differentiate the square

You will have $2x$.

:::{admonition} Before you start
**What you will do.**
Name the rule.
Find $x$.

**What you need.**
The [second chapter](second.md), and [the words](words.md).

**Time.**
20 minutes, exercises included.
:::
"""
DERIVATION = r"""
**Let** $x > 0$.

**Step 1: name $u$.**
It is

$$
u := x + 1
$$ (eq-u)

**Step 2: $u$ squared.**
Multiply:

$$
u^2 = x^2 + 2x + 1
$$ (eq-square)

**Steps like these** are easy; so is

$$
\sqrt{x^2} = x = |x|
$$

<!-- verify: exempt: false on purpose -->
$$
1 = 2
$$

:::{admonition} By the way
:class: note aside
It is old.
:::

:::{dropdown} For the curious: why
:class-container: curious
Because.
:::
"""
STALE = r"""
$$
x + x = 2x
$$ (eq-new)
"""
QUESTION = """
::::{exercise} The $n$th slope
:label: ex-first-slope
:class: level-2

What is it?

:::{dropdown} Hint
Look.
:::
::::
"""
START = """
:::{solution-start} ex-first-slope
:label: sol-first-slope
:class: dropdown
:::

It is 4.
"""
PLAIN = """
:::{exercise}
:label: ex-first-plain
Prove it on paper.
:::

A paragraph after it.
"""


def shown(**data):
    """Return what a cell shows."""
    kinds = {"html": "text/html", "plain": "text/plain", "report": MIME}
    return [new_output("execute_result", {kinds[k]: v for k, v in data.items()}, execution_count=1)]


def cell(source, outputs=(), *tags):
    """Return a code cell that was run."""
    outputs = list(outputs)
    return new_code_cell(source, outputs=outputs, execution_count=1, metadata={"tags": list(tags)})


def first_chapter(path):
    """Write a chapter with one of each element, its report as the checker gives it."""
    texts = [new_markdown_cell(text.strip()) for text in (OPENING, DERIVATION)]
    nbformat.write(new_notebook(cells=texts), path)
    report = check_items(read_file(path), path=path.name)
    steps = "check_derivation(steps)"
    cells = [
        texts[0],
        cell("import math\nfrom os import (\n    path,\n)\n\nstart = 1", (), "hide-input"),
        texts[1],
        new_markdown_cell(STALE),
        cell(
            "verify()",
            shown(html=report._repr_html_(), plain="…", report=report._repr_mimebundle_()[MIME]),
        ),
        cell("def f(x):\n    return x", (), "hide-input"),
        cell("four = 2 + 2\nassert four == 4", (), "hide-input"),
        cell("table()", shown(html="<table><tr><td>1</td></tr></table>"), "hide-input"),
        new_markdown_cell(QUESTION),
        cell("slope = ...\n\ncheck_answer(slope, 4)", shown(plain="stored")),
        cell(f"steps = r'''\na = b\n'''\n{steps}", shown(plain="nothing")),
        new_markdown_cell(START),
        cell("slope = 4", shown(plain="Right.")),
        new_markdown_cell(":::{solution-end}\n:::"),
        new_markdown_cell(PLAIN),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Build the small book with the settings of the book; return its pages, parsed."""
    folder = tmp_path_factory.mktemp("elements")
    for name in ("web", "tools", "code"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "chapters").mkdir()
    for name in ("_config.yml", "chapters/references.bib"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "_toc.yml").write_text(TOC)
    texts = {"index": INDEX, "words": WORDS}
    texts |= {"second": "# Differentiate it again\n\nSee [first](first.ipynb), {cite:p}`overview`."}
    texts |= {"works": "# Works\n\n```{bibliography}\n```"}
    for name, text in texts.items():
        (folder / "chapters" / f"{name}.md").write_text(text)
    first_chapter(folder / "chapters" / "first.ipynb")
    command = [sys.executable, "-c", book.JUPYTER_BOOK, "build", folder, "-W", "--keep-going"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    built = folder / "_build" / "html" / "chapters"
    return {
        path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").article
        for path in built.glob("*.html")
    }


def words(node):
    """Return the text of a node, its spaces made one."""
    return " ".join(node.get_text().split())


def formula(node):
    """Return the LaTeX of the formula in a node."""
    return node.find("annotation").get_text().strip()


# The opening


def test_a_chapter_opens_with_its_number_its_promise_and_its_facts(pages):
    page = pages["first"]
    assert [node.name for node in page.section.find_all(recursive=False)][:5] == [
        "p", "h1", "p", "div", "dl",
    ]  # fmt: skip
    assert words(page.select_one(".eyebrow")) == "Chapter 1 · Foundations"
    assert page.h1.contents[0] == "Differentiate the\N{NO-BREAK SPACE}square"
    assert page.h1.select_one("a.headerlink")["href"] == "#" + page.section["id"]
    assert words(page.select_one("p.lede")).startswith("You will have")
    assert [words(fact) for fact in page.select_one(".facts").children][1:] == [
        "20 minutes",
        "2 exercises",
    ]
    opening = page.select_one("dl.opening")
    assert [words(term) for term in opening.select("dt")] == ["You will", "You need"]
    assert [len(term.select("li")) for term in opening.select("dd")] == [2, 1]
    assert "minutes" not in words(opening)
    assert not page.select(".admonition")


def test_a_page_outside_the_chapters_says_where_it_belongs(pages):
    assert words(pages["words"].select_one(".eyebrow")) == "Back matter"
    assert not pages["words"].select(".facts, .badge, .tick, dl.opening")


def test_a_condition_in_the_text_stands_apart_from_what_it_restricts(pages):
    shown = pages["words"].select_one("p .katex-html")
    assert words(shown) == "0 for x>0"
    assert shown.select(".if")


def test_a_bracket_stays_with_the_formula_behind_it(pages):
    kept = pages["words"].select("p > .together:has(.math)")
    assert [words(span)[0] + words(span)[-1] for span in kept] == ["()"]


def test_numbers_stand_in_line_at_the_right(pages):
    table = pages["words"].select(".scroll > table")[0]
    rows = [row.select("td") for row in table.select("tbody tr")]
    assert [words(row[1]) for row in rows] == ["−12.5", "3"]
    assert [room["data-room"] for room in table.select(".phantom")] == [".5"]
    marked = [["digits" in (cell.get("class") or []) for cell in row] for row in rows]
    assert marked == [[False, True, True], [False, True, True]]
    assert [words(row[2]) for row in rows] == ["1", "–"]


def test_powers_and_numbers_in_one_column_end_alike(pages):
    table = next(table for table in pages["words"].select("table") if "unit" in table.get_text())
    rooms = [[room["data-room"] for room in row.select(".phantom")] for row in table.select("tr")]
    assert rooms == [[], [], [], []]
    assert all(row.select("td")[-1]["class"] == ["digits"] for row in table.select("tbody tr"))
    names = [row.td.get_text().strip() for row in table.select("tbody tr")]
    assert names[0] == "to unit 1".replace(" ", "\N{NO-BREAK SPACE}")


def test_a_work_is_followed_by_the_pages_that_cite_it(pages):
    (work,) = pages["works"].select("div.citation")
    cited = work.select_one(".chapter")
    assert words(cited) == "Cited in chapter 2."
    assert (cited.a["href"], cited.a["title"]) == ("second.html", "Differentiate it again")


def test_heads_that_begin_alike_have_one_above_them(pages):
    above, below = pages["words"].select(".scroll > table")[0].select("thead tr")
    assert [
        (words(head), head.get("colspan"), head.get("rowspan")) for head in above.select("th")
    ] == [
        ("name", None, "2"),
        ("size", "2", None),
    ]
    assert [words(head) for head in below.select("th")] == ["found", "foretold"]


def test_a_table_of_words_becomes_entries_and_its_kind_has_one_grid(pages):
    tables = pages["words"].select(".scroll > table.entries")
    assert [table["class"][1:3] for table in tables] == [["led", "named"]] * 2
    assert len({str(table.colgroup) for table in tables}) == 1
    assert tables[0]["role"] == "table"
    assert tables[0].tbody.td["role"] == "cell"
    named = [label.get_text() for label in tables[0].select(".its")]
    assert named == ["minutes ", "what ", "from ", "to "]


def test_a_row_that_names_those_below_it_is_told_from_them(pages):
    assert [words(row) for row in pages["words"].select("tr.group")] == ["above", "below"]


def test_a_verdict_that_a_list_explains_stands_before_its_paragraph(pages):
    slip, right = pages["words"].select(".judged")
    assert words(slip.select_one(".found")) == "Slip"
    assert words(slip).startswith("Slip The letter. It says")
    assert right.select_one(".found.verified")
    assert not slip.select_one(".verdict")
    explained = pages["words"].select("li > .found, li > p > .found")
    assert [words(word) for word in explained] == ["Right", "Slip", "Gap"]


def test_a_glossary_has_its_letters(pages):
    page = pages["words"]
    assert [words(head) for head in page.select("h2.letter")] == ["A", "B", "C"]
    assert [len(terms.select("dt")) for terms in page.select("dl.glossary")] == [2, 1, 1]
    links = page.select("nav.letters a")
    assert [page.select_one(link["href"]) for link in links] == page.select("h2.letter")
    chapter = page.select_one("dd .chapter a")
    assert (words(chapter), chapter["title"]) == ("Chapter 2", "Differentiate it again")
    assert words(page.select_one("dd > p")) == "A sum. Chapter 2"
    (other,) = page.select("dt.other")
    said = other.find_next_sibling("dd")
    assert (words(other), words(said)) == ("cut", "→ batch")
    assert words(page.select_one(said.a["href"])).rstrip("#") == "batch"


# What was verified


def test_the_badge_counts_what_was_verified_and_says_what_was_not(pages):
    badge = pages["first"].select_one("a.badge")
    assert words(badge) == "5 statements: 3 verified, 1 exempt, 1 not checked yet"
    assert "1 more formula introduces a name" in badge["title"]
    assert pages["first"].select_one(badge["href"]).select_one("details.report")


def test_each_display_has_what_the_report_says_of_it(pages):
    ticks = [display.select_one("a.tick") for display in pages["first"].select("div.math")]
    kinds = [tick["class"][1] for tick in ticks]
    assert kinds == ["defined", "verified", "verified", "exempt", "unchecked"]
    assert [tick.parent["class"] for tick in ticks] == [["eqno"]] * 5
    assert ticks[1]["title"].startswith(f"Verified. It holds to {AGREEING} digits at ")
    assert ticks[2]["title"].startswith(f"Verified. Its 2 equalities hold to {AGREEING} digits at ")
    assert ticks[2]["title"].endswith(" points, for x > 0.")
    assert ticks[3]["title"] == "Exempt: false on purpose."
    assert pages["first"].select_one("#equation-eq-square .eqno").contents[0] == "(1.2)"


def test_the_report_is_one_line_with_a_verdict_for_each_relation_below(pages):
    report = pages["first"].select_one("details.report")
    assert words(report.summary.b) == "4 statements: 3 verified, 1 exempt; 1 definition"
    verdicts = report.select("td .verdict")
    kinds = [verdict["class"][1] for verdict in verdicts]
    assert kinds == ["defined", "verified", "verified", "verified", "exempt"]
    assert [words(verdict) for verdict in verdicts][:2] == ["≔ defined", "✓ verified"]


# The derivation


def test_steps_have_their_numeral_beside_them(pages):
    steps = pages["first"].select("p.step")
    assert [words(step.select_one(".step-n")) for step in steps] == ["Step 1", "Step 2"]
    assert words(steps[0].select_one(".step-n .visually-hidden")) == "Step"
    assert steps[0].strong.contents[0] == "Name "
    assert formula(steps[1].strong) == "u"
    assert words(steps[1].strong).endswith("squared.")


def test_a_let_and_an_aside_are_set_off(pages):
    page = pages["first"]
    assert [words(let.strong) for let in page.select("p.let")] == ["Let"]
    assert words(page.select_one("aside.note")) == "By the way. It is old."
    assert words(page.select_one("details.curious > summary")) == "For the curious: why"


# Code


def test_code_that_is_folded_says_what_it_does(pages):
    folds = pages["first"].select(".cell > details.fold")
    assert [words(fold.summary) for fold in folds] == [
        "Setup: 4 lines of imports",
        "Code that defines f",
        "Code that checks numbers of the text",
        "Code for this table",
    ]
    assert folds[3].find_previous_sibling(class_="cell_output").table
    assert all(fold.select_one(".cell_input pre") for fold in folds)


def test_each_line_of_code_says_how_far_it_is_indented(pages):
    lines = pages["first"].select_one(".cell_input pre").select(".line")
    assert [line["class"][1] for line in lines] == ["in0", "in0", "in1", "in0", "in0", "in0"]
    assert [line.get_text() for line in lines][:3] == [
        "import math\n",
        "from os import (\n",
        "    path,\n",
    ]


# Exercises


def test_an_exercise_is_one_card_up_to_its_solution(pages):
    first, second = pages["first"].select("section.card-exercise")
    assert first["id"] == "ex-first-slope"
    assert words(first.select_one("header .no")) == "Exercise 1.1"
    assert formula(first.select_one("header b")) == "n"
    assert words(first.select_one(".level")) == "work"
    assert [c["class"] for c in first.select(".level circle")] == [["on"], ["on"], ["off"]]
    assert [words(fold.summary) for fold in first.select("details.fold")] == [
        "Hint",
        "Solution to Exercise 1.1",
    ]
    row = first.find_all(recursive=False)[-1]
    assert row["class"] == ["folds"]
    assert len(row.find_all("details", recursive=False)) == 2
    assert not first.find_all(class_="admonition")
    assert words(second.header) == "Exercise 1.2"
    assert "A paragraph" not in words(second)


def test_an_exercise_that_waits_has_room_for_a_verdict_and_stores_nothing(pages):
    card = pages["first"].select_one("section.card-exercise")
    cells = card.find_all(class_="cell", recursive=False)
    assert [words(cell.select_one(".state")) for cell in cells] == ["", ""]
    assert not card.find_all(string=lambda text: text.strip() in ("stored", "nothing"))
    assert card.select_one(".solution .cell_output")


# The start page


def test_the_cover_sums_up_the_book(pages):
    page = pages["index"]
    assert page.section["class"][-1] == "cover"
    assert page.h1.contents[0] == "Slopes"
    assert words(page.select_one(".sub")) == "The derivatives"
    badge = page.select_one(".facts .badge")
    assert words(badge) == "5 statements: 3 verified, 1 exempt, 1 not checked yet"
    assert words(page.select_one(".facts span")) == "2 chapters · 2 exercises"
    explorer = page.select_one("figure#exp-start")
    assert explorer.select_one("input[type=range]")
    assert words(explorer.figcaption.select_one(".caption-number")) == "Explorer 1"
    assert words(explorer.figcaption).startswith("Explorer 1 Move")


def test_the_map_says_what_needs_what(pages):
    (column,) = pages["index"].select(".map > div")
    assert words(column.h3) == "Foundations"
    first, second = column.select("li")
    assert [words(item.a) for item in (first, second)] == ["The square", "It again"]
    assert [words(line) for line in first.select("small")] == ["20 min · 2 exercises", "after 2"]
    assert [link["href"] for link in column.select("a")] == ["first.html", "second.html"]
    assert not second.select("small")
