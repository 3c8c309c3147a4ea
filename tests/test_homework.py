"""Homework from end to end: the sources, the notebooks made of them, and what marking makes of answers."""

import csv
import json
import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path

import nbformat
import pytest

import book
import feedback
import homework
import kit
from slopes import check_derivation
from slopes.grading import RULE, HomeworkError, mark, read_homework
from slopes.notebooks import Unreadable, cells_of, text_of

SETS = homework.sets()
ONE = next(one for one in SETS if one.name == "one-neuron")
DERIVATIONS = [task for task in ONE.tasks if task.kind == "derivation"]


def cell(task, answer):
    return nbformat.v4.new_code_cell(f"{task.mark}\n{answer}")


def steps(text):
    return f'steps = r"""\n{text}\n"""'


def perfect(task):
    if task.kind == "derivation":
        return steps(task.blocks["solution"])
    return task.blocks.get("solution", "Because.")


def hand_in(path, answers, also=()):
    """Write a submission: answers by the names of the tasks."""
    by_name = {task.name: task for task in ONE.tasks}
    cells = [cell(by_name[name], answer) for name, answer in answers.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells, *also]), path)


RIGHT = {task.name: perfect(task) for task in ONE.tasks}


def only(answer, task=DERIVATIONS[0]):
    """The mark of one derivation."""
    return mark(ONE, [f"{task.mark}\n{answer}"])[ONE.tasks.index(task)]


# -- the sources -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_every_solution_gets_all_points_and_every_blank_none(one):
    marks = mark(one, [f"{task.mark}\n{perfect(task)}" for task in one.tasks])
    for m in marks:
        wanted = m.task.points if m.task.kind == "derivation" else None
        assert m.points == wanted, (m.task.name, m.said)
    for m in mark(one, [f"{task.mark}\n{task.start}" for task in one.tasks]):
        assert (m.points, m.said, m.by_hand) == (0, "Not answered.", "")


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_the_code_passes_its_tests_and_the_start_does_not(one, tmp_path):
    for task in (task for task in one.tasks if task.kind == "code"):
        checks = task.blocks["tests"] + task.blocks["hidden"]
        for code, passes in ((task.blocks["solution"], True), (task.blocks["start"], False)):
            script = tmp_path / "answer.py"
            script.write_text(code + "\n" + checks, encoding="utf-8")
            run = subprocess.run([sys.executable, script], capture_output=True)
            assert (run.returncode == 0) is passes, run.stderr


CODE = "~~~start\nx\n~~~\n~~~solution\nx\n~~~\n~~~tests\nx\n~~~\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no heading", "the first line is a heading"),
        ("# H\n", "no task"),
        ("# H\n\n:::{essay} a\n:::\n", "line 3: a task begins with"),
        ("# H\n\n:::{open} a\n:title: A\n:::\n", "lacks its block ~~~marking"),
        ("# H\n\n:::{code} a\n:title: A\n~~~start\nx\n~~~\n:::\n", "lacks :points:"),
        (f"# H\n\n:::{{code}} a\n:title: A\n:points: x\n{CODE}:::\n", "are numbers"),
        ("# H\n\n:::{open} a\n:title: A\n:points: 1\n~~~marking\n~~~\n:::\n", ":points:"),
        ("# H\n\n:::{open} a\n:title: A\n~~~marking\nAll.\n~~~\n:::\n", "each item is like"),
        ("# H\n\n:::{open} a\n:title: A\n~~~marking\n- 2: x\n~~~\n:::\n", "each item is like"),
    ],
)
def test_a_faulty_source_is_named(text, said, tmp_path):
    path = tmp_path / "faulty.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HomeworkError, match=re.escape(said)):
        read_homework(path)


# -- one answer --------------------------------------------------------------------------------------------

LEFT = "f'(x) = \\frac{d}{dx} \\frac{1}{1 + e^{x}}"
END = "= -f(x)(1 - f(x))"


@pytest.mark.parametrize(
    ("answer", "points", "said"),
    [
        (
            steps("f'(x) = -f(x)(1 - f(x))"),
            0,
            "writing down the claim is not a step",
        ),
        (steps("$f'(x) = 0$\n$= 0$"), None, "Line 1 is not understood: write it without dollar"),
        (steps("f'(x) = -f(x)(1 - f(x)) + 0\n= -f(x)(1 - f(x))"), 0, "the claim is not a step"),
        (steps("f'(x) = 1 \\cdot (-f(x)(1 - f(x)))\n" + END), 0, "the claim is not a step"),
        (steps(LEFT + "\n" + END), 0, "3 steps are asked for"),
        (steps(LEFT + "\n= -\\frac{e^{x}}{(1 + e^{x})^2}"), 1.5, "does not end with"),
        (steps("f'(x) = \\frac{e^{x}}{(1 + e^{x})^2}\n" + END), 0, "Line 1 does not hold"),
        (steps("f(x) := 0\nf'(x) = 0"), None, "f has a meaning"),
        (steps("f'(x) = 9^{9^{9^{9^{9}}}}"), None, "Line 1"),
        (steps("f'(x) = " + "(" * 3000 + "x" + ")" * 3000), None, "Line 1 is not understood"),
        (steps("f'(x) = \\sum_{i=1}^{1000000000} \\frac{1}{i}"), None, "Line 1"),
        ('steps = "f\'(x) = \\frac{1}{2}"', 0, "Line 1 does not hold"),  # the r was forgotten
        (steps("-f(x)(1 - f(x))"), None, "No line of it says that two things are equal"),
        ("steps = open('key').read()", None, "not a plain text"),
        ("steps = r'''\nf'(x)", None, "the cell is not Python"),
        ("answer = 3", None, "the cell assigns no steps"),
        ("steps = " + "[" * 5000, None, "the cell is not Python"),
        ("x" * 30_000, None, "more than 20,000 characters"),
    ],
)
def test_marks(answer, points, said):
    result = only(answer)
    assert result.points == points, result.said
    assert said in result.said
    # A person looks at what a machine cannot judge, and at nothing else.
    assert bool(result.by_hand) == (points is None)


TRICK = "f'(x) = f(x)^2 - f(x)\n= -(f(x) - f(x)^2)\n" + END
LOGARITHM = """\\ln f(x) = -\\ln(1 + e^x)
\\frac{f'(x)}{f(x)} = -\\frac{e^x}{1 + e^x}
f'(x) = -f(x) \\frac{e^x}{1 + e^x}
= -f(x)(1 - f(x))"""
WHOLE = "-\\frac{e^{x}}{(1 + e^{x})^2}"
SPLIT = "-\\frac{1}{1 + e^{x}} \\cdot \\frac{e^{x}}{1 + e^{x}}"


@pytest.mark.parametrize(
    ("answer", "points", "why"),
    [
        (f"{END[2:]} = -\\frac{{1}}{{1 + e^x}} \\cdot f(-x)\n= {WHOLE}\n= f'(x)", 10, ""),
        (f"\\frac{{df}}{{dx}} = {LEFT[8:]}\n= {WHOLE}\n= {SPLIT}\n= -f (1 - f)", 10, ""),
        (f"{LEFT}\nf'(x) = {WHOLE}\nf'(x) = {SPLIT}\nf'(x) {END}", 10, ""),
        (f"f'(x) + f(x) = f(x) {WHOLE}\n= f(x)^2", None, "does not begin with"),
        (TRICK, None, "what was to be shown, in another form"),
        ("I", None, "no line of it says that two things are equal"),
        ("I saw it at once", None, ""),
        # Lines that hold beside the way may be what is missing on it.
        (LOGARITHM, None, "from one side to the other it takes 2"),
        (f"{LEFT}\n= {WHOLE}\n= {SPLIT}\n= f(x)^2 - f(x)", 10, ""),
        (f"{LEFT[8:]}\n= {WHOLE}\n= {SPLIT}\n{END}", 10, ""),  # f' itself is never named
    ],
)
def test_no_notation_and_no_direction_costs_a_point_and_a_claim_in_disguise_is_seen(
    answer, points, why
):
    result = only(steps(answer))
    assert (result.points, why in result.by_hand) == (points, True), result.said


CLAIM = f"f'(x) {END}"
CHAIN = f"{LEFT}\n= {WHOLE}\n= {SPLIT}\n{END}"


@pytest.mark.parametrize("begin", [CLAIM, CLAIM + "   % to show", f"\\text{{To show: }} {CLAIM}"])
@pytest.mark.parametrize(
    ("below", "points"),
    [
        (CHAIN, 10),
        (CHAIN.replace("\n=", "\nf'(x) ="), 10),
        (CHAIN.partition("= ")[2], 10),
        (f"{LEFT}\n= {WHOLE}", None),  # who can tell whether it arrives?
        (CHAIN.replace(SPLIT, SPLIT[1:]), 1.5),  # a lost sign
    ],
)
def test_a_restated_claim_is_no_step_and_takes_nothing_from_what_stands_below(begin, below, points):
    result = only(steps(f"{begin}\n{below}"))
    assert result.points == points, result.said


@pytest.mark.parametrize(
    "answer",
    [
        LOGARITHM.replace("f'(x) = -f(x) \\frac{e^x}{1 + e^x}\n", "f'(x) "),
        "\\frac{1}{f(x)} = 1 + e^x\n-\\frac{f'(x)}{f(x)^2} = e^x\n" + CLAIM,
        f"{CLAIM}\n= {SPLIT}\n= {WHOLE}",
    ],
)
def test_what_may_prove_the_claim_beside_a_chain_is_left_to_a_person(answer):
    result = only(steps(answer))
    assert (result.points, result.lines[-1][0]) == (None, "verified")
    assert "no chain leads from $f'(x)$" in result.by_hand
    assert "nothing else leads" not in result.said


def test_what_holds_below_a_wrong_line_does_not_count_in_a_calculation_beside_it():
    answer = """u(x) = e^x + e^{-x}
u'(x) = e^x + e^{-x}
h'(x) = -2 u'(x) / u(x)^2
h'(x) = -h(x) t(x)"""
    result = only(steps(answer), DERIVATIONS[1])
    assert result.points == 0
    assert "3 other steps hold: 0 points by the rule, 5 with all that holds" in result.by_hand


@pytest.mark.parametrize(
    ("answer", "suggested"),
    [
        ("Let u(x) = 1 + e^x\nso f'(x) = -\\frac{u'(x)}{u(x)^2} by the chain rule", 1.5),
        ("\n".join(f"${line}$" for line in CHAIN.splitlines()), 10),
        ("First I write:\n" + CHAIN.replace("\n=", "\nand this gives\n=", 1), 10),
        (CHAIN.replace("\n=", "\n\\Rightarrow f'(x) =") + " (definition)", 10),
        (f"{CLAIM} ?\n{CHAIN}", 10),
        (f"We get:\n{LEFT}\n= {WHOLE[1:]}", 0),
        (f"We get:\n{LEFT}\n= )\n= {WHOLE}", None),
        ("I saw it\n= at once", None),
    ],
)
def test_formulas_among_words_are_read_for_the_person_who_decides(answer, suggested):
    result = only(steps(answer))
    assert (result.points, result.suggested) == (None, suggested), result.lines
    if suggested is not None:
        assert f"which alone have {suggested:g} points" in result.by_hand
        assert {kind for kind, *_ in result.lines} <= {"defined", "verified", "refuted", "words"}
    # What was written is all there.
    shown = " ".join(latex + " " + words for _, latex, words in result.lines)
    assert set(re.findall(r"[A-Za-z]{2,}", answer)) <= set(re.findall(r"[A-Za-z]{2,}", shown)) | {
        "Rightarrow"
    }


def test_the_number_of_a_line_is_not_read_as_a_factor():
    numbered = "\n".join(f"{k}. {line}" for k, line in enumerate(CHAIN.splitlines(), 1))
    result = only(steps(numbered))
    assert (result.points, result.suggested) == (None, 10)
    assert "leave out the number of the line" in result.said
    assert "numbers of lines" in result.by_hand
    rows = check_derivation(r"\begin{aligned} x &= x \\\\ 2. x &= x \end{aligned}")
    assert "leave out the number of the line" in str(rows)
    # A full stop, and a number with its decimals, are none.
    assert check_derivation(["x = x + 0", "= x.", "2.0 x = x + x", "2 = 1 + 1."])


def test_steps_above_a_wrong_line_that_lead_on_from_no_side_are_left_to_a_person():
    wrong = LOGARITHM.replace("f'(x) = -f(x)", "f'(x) = f(x)")
    result = only(steps(wrong))
    assert (result.points, "lead on from no side of the claim" in result.by_hand) == (None, True)
    # What is given, and a meaning for a name, are no steps.
    above = f"f(x) = \\frac{{1}}{{1 + e^{{x}}}}\nu(x) = e^x\n{LEFT}\n= {WHOLE}\n= {SPLIT[1:]}"
    assert only(steps(above)).points == 1.5


def test_every_page_tells_the_rule_in_the_same_words(tmp_path):
    assert RULE in Path(book.ROOT, "chapters", "teach.md").read_text(encoding="utf-8")
    slip = RIGHT | {"falling-sigmoid": steps(f"{SLIP}\n= {SPLIT[1:]}\n= f(x)(1 - f(x))")}
    words = RIGHT | {"falling-sigmoid": steps("Let me see:\n" + CHAIN)}
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", slip)
    hand_in(tmp_path / "in" / "Bo" / "hw.ipynb", words)
    _, out = grade(tmp_path / "in", tmp_path / "marks")
    pages = [out / "by-hand.html", out / "feedback" / "Ada.html", out / "feedback" / "Bo.html"]
    by_hand, ada, bo = (page.read_text(encoding="utf-8") for page in pages)
    for page in (by_hand, ada, bo):
        assert "half the share of the steps that lead on from a side of the claim" in page
    # A wrong line has its reason below it, where a person marks.
    row = re.search(r'<li class="wrong">.*?</li>', by_hand, re.S)[0]
    assert "It looks like a wrong sign" in row
    assert "the two sides differ" in row
    # All points of a person stand without what a machine could not read.
    assert "is not understood" in bo
    decide(out / "by-hand.csv", ("Bo", "falling-sigmoid", "10", ""))
    grade(tmp_path / "in", tmp_path / "marks")
    assert "is not understood" not in pages[2].read_text(encoding="utf-8")


def test_an_answer_below_the_untouched_line_stands_without_it():
    task = ONE.tasks[-1]
    assert only("*Your answer.*\n\nBecause.", task).answer == "Because."


def test_who_differentiates_both_sides_is_not_said_to_restate_the_claim():
    both = """h(x)(e^x + e^{-x}) = 2
h'(x)(e^x + e^{-x}) + h(x)(e^x - e^{-x}) = 0
h'(x) = -h(x) \\frac{e^x - e^{-x}}{e^x + e^{-x}}
= -h(x) t(x)"""
    result = mark(ONE, [f"{DERIVATIONS[1].mark}\n{steps(both)}"])[1]
    assert result.points is None
    assert "part of it stands beside the chain" in result.said
    assert "another form" not in result.said + result.by_hand


SLIP = LEFT + "\n= \\frac{e^{x}}{(1 + e^{x})^2}"  # its sign is lost


@pytest.mark.parametrize(
    ("answer", "points", "why"),
    [
        (
            f"{SLIP}\n= \\frac{{1}}{{1 + e^x}} \\cdot \\frac{{e^x}}{{1 + e^x}}\n= f(x)(1 - f(x))",
            0,
            "line 2 does not hold, but 2 other steps hold: 0 points by the rule, 3.5 with all",
        ),
        (
            f"{LEFT}\n= {WHOLE}\n= {SPLIT[1:]}\n= f(x)(1 - f(x))",
            1.5,
            "line 3 does not hold, but 1 other step holds: 1.5 points by the rule, 3.5 with all",
        ),
        # With the left side on every line it is the same.
        (
            f"{LEFT}\nf'(x) = {WHOLE[1:]}\nf'(x) = {SPLIT[1:]}\nf'(x) = f(x)(1 - f(x))",
            0,
            "line 2 does not hold, but 2 other steps hold: 0 points by the rule, 3.5 with all",
        ),
        (f"{SLIP}\n{END}", 0, "line 2 does not hold, and no line that holds is a step: 0 points"),
        # What holds below changes nothing.
        (f"{SLIP}\n= \\frac{{e^x}}{{(1 + e^x)^2}} + 0", 0, "no line that holds is a step"),
        (f"{LEFT}\n= {WHOLE}\n= {SPLIT[1:]}", 1.5, ""),
        (f"{LEFT}\n= {WHOLE}", 1.5, ""),
    ],
)
def test_what_holds_below_a_wrong_line_is_marked_by_the_rule_and_seen_by_a_person(
    answer, points, why
):
    result = only(steps(answer))
    assert (result.points, bool(result.by_hand)) == (points, bool(why))
    assert why in result.by_hand


def test_the_kind_of_slip_is_told_and_not_what_mends_it():
    result = only(steps(SLIP))
    assert "It looks like a wrong sign." in result.said
    # At a point as a person would choose it.
    assert re.search(r"at x = -?\d\.\d{1,2} the left side", result.said), result.said
    lost = mark(ONE, [f"{DERIVATIONS[1].mark}\n" + steps("h'(x) = -\\frac{2}{(e^x + e^{-x})^2}")])[
        1
    ]
    assert "inner derivative (chain rule)." in lost.said


def test_a_lost_sign_of_one_term_is_not_taken_for_a_lost_inner_derivative():
    swish = next(task for task in DERIVATIONS if task.name == "swish")
    result = only(steps("s'(x) = \\sigma(x) - x \\sigma(x)(1 - \\sigma(x))"), swish)
    assert "It looks like a wrong sign." in result.said
    lost = check_derivation("f'(x) = 1 + e^{-x}", given="f(x) := x + e^{-x}")
    assert "lost inner derivative" in str(lost)


def test_what_goes_on_from_a_line_that_is_not_understood_is_read_after_the_one_above_that():
    for below in (f"= {SPLIT}\n{END}", f"f'(x) = {WHOLE}\n= {SPLIT}"):
        result = only(steps(f"{LEFT}\n= )\n{below}"))
        assert [kind for kind, *_ in result.lines] == ["verified", "unread", "verified", "verified"]
        assert (result.points, result.suggested) == (None, None)
    # The checker itself looks no further, and blames no line for the one above it.
    verdict = check_derivation(["x = x' + 1", "= x + 1"])
    assert [line.kind for line in verdict.lines] == ["unread", "open"]


def test_a_sentence_is_set_as_it_is_meant():
    formulas = feedback.Formulas()
    said = formulas.sentence("say **Let** it be -0.5, in 2-3 words & <b>")
    assert said == "say <b>Let</b> it be \N{MINUS SIGN}0.5, in 2-3 words &amp; &lt;b&gt;"
    formulas.katex.close()


def test_a_patched_checker_counts_for_nothing():
    patch = "import slopes\nslopes.check_derivation = check_derivation = lambda *_, **__: True\n"
    assert only(patch + steps("f'(x) = 1")).points == 0


def test_nothing_of_a_submission_is_run(tmp_path):
    trap = tmp_path / "ran"
    for code in (f"open({str(trap)!r}, 'w')", f"steps = str(open({str(trap)!r}, 'w'))"):
        only(code + "\n" + steps(DERIVATIONS[0].blocks["solution"]))
    assert not trap.exists()


def test_two_answers_are_marked_and_told():
    wrong = f"{DERIVATIONS[0].mark}\n{steps('f(x) = 1')}"
    right = f"{DERIVATIONS[0].mark}\n{perfect(DERIVATIONS[0])}"
    first = mark(ONE, [wrong, "x = 1", right])[0]
    assert first.points == 10
    assert "2 cells answer it" in first.by_hand
    assert "2 cells that answer it; the last one counts" in first.said
    assert not mark(ONE, [right, right])[0].by_hand


@pytest.mark.parametrize("content", [b"no", b"\xff\xfe", b"{}", b'{"cells": 3}', b"[" * 100_000])
def test_what_is_no_notebook_is_told(content, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        cells_of(text_of(path))


# -- a whole class -----------------------------------------------------------------------------------------

NASTY = "<script>alert(1)</script>"


def grade(folder, marks, fails=False):
    """Run the command; what it said, and where its files are."""
    command = [sys.executable, Path(book.ROOT, "tools", "grade.py"), folder, "--out", marks]
    run = subprocess.run(command, capture_output=True, text=True, env=book.environment())
    assert bool(run.returncode) is fails, run.stdout + run.stderr
    return run.stdout + run.stderr, marks / "one-neuron" / folder.name


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Hand in twelve submissions of every sort, and mark them twice."""
    folder, marks = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("marks")
    right = RIGHT
    blank = {task.name: task.start for task in ONE.tasks}
    partial = blank | {"falling-sigmoid": steps(LEFT + "\n" + END)}
    hand_in(folder / "Ada" / "one-neuron.ipynb", right)
    hand_in(folder / "Blank" / "one-neuron.ipynb", blank)
    hand_in(folder / "Partial" / "my homework (2).ipynb", partial)
    hand_in(folder / "Missing" / "one-neuron.ipynb", {"swish": right["swish"]})
    extra = [nbformat.v4.new_code_cell("print(1)"), nbformat.v4.new_markdown_cell("# Notes")]
    hand_in(folder / "Extra" / "one-neuron.ipynb", right, extra)
    hand_in(folder / "Twice" / "one-neuron.ipynb", right, [cell(DERIVATIONS[0], steps("f(x) = 2"))])
    hand_in(folder / NASTY.replace("/", "_") / "one-neuron.ipynb", right | {"swish": steps(NASTY)})
    hand_in(folder / '=HYPERLINK("a")' / "one-neuron.ipynb", right)
    hand_in(folder / "Zoë.ipynb", right)
    (folder / "Broken").mkdir()
    (folder / "Broken" / "one-neuron.ipynb").write_text("{", encoding="utf-8")
    (folder / "Pdf").mkdir()
    (folder / "Pdf" / "scan.ipynb").write_bytes(b"%PDF-1.7\n\xb5")
    hostile = {"falling-sigmoid": steps("f'(x) = " + "\\frac{1}{1+" * 200 + "x" + "}" * 200)}
    hand_in(folder / "Hostile" / "one-neuron.ipynb", right | hostile)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    bytes_of = []
    for _ in range(2):
        _, out = grade(folder, marks)
        files = sorted(path for path in out.rglob("*") if path.is_file())
        bytes_of.append({path.relative_to(out): path.read_bytes() for path in files})
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return bytes_of


def test_a_notebook_of_another_set_is_told(tmp_path):
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", RIGHT)
    other = next(one for one in SETS if one is not ONE)
    wrong = nbformat.v4.new_notebook(cells=[cell(other.tasks[0], "steps = 'x = x'")])
    nbformat.write(wrong, tmp_path / "in" / "Bo.ipynb")
    _, out = grade(tmp_path / "in", tmp_path / "marks")
    notes = [row["note"] for row in table((out / "marks.csv").read_bytes())]
    assert notes == ["", f"Bo.ipynb: it answers {other.title}"]


def table(content):
    """The rows of a table; what there is of points is left out of its head."""
    rows = csv.DictReader(content.decode("utf-8-sig").splitlines())
    return [{key.partition(" (of ")[0]: value for key, value in row.items()} for row in rows]


def test_a_second_run_gives_the_same_bytes(marked):
    assert marked[0] == marked[1]


def test_each_submission_has_its_marks(marked):
    rows = {row["student"]: row for row in table(marked[0][Path("marks.csv")])}
    assert len(rows) == 12
    settled = {name: rows[name]["marked"] for name in ("Ada", "Blank", "Partial", "Missing", "Zoë")}
    assert settled == {"Ada": "30", "Blank": "0", "Partial": "0", "Missing": "10", "Zoë": "30"}
    assert rows["Extra"]["marked"] == "30"
    assert rows["Twice"]["falling-sigmoid"] == "0"
    assert rows["Broken"]["note"] == "one-neuron.ipynb: the file is not a notebook"
    assert rows["Pdf"]["note"] == "scan.ipynb: it is not a notebook"
    assert (rows["Blank"]["falling-sigmoid"], rows["Hostile"]["falling-sigmoid"]) == ("0", "")
    assert '\'=HYPERLINK("a")' in rows
    head = marked[0][Path("marks.csv")].decode("utf-8-sig").splitlines()[0]
    assert "falling-sigmoid (of 10)" in head
    assert f"marked (of {ONE.points:g})" in head


def test_what_is_left_to_a_person_is_listed(marked):
    rows = table(marked[0][Path("by-hand.csv")])
    why = {(row["student"], row["task"]): row["why"] for row in rows}
    assert ("Ada", "no-derivative-at-zero") in why
    assert "2 cells answer it" in why["Twice", "falling-sigmoid"]
    assert "no cell answers it" in why["Missing", "falling-sigmoid"]
    assert why["Broken", "all"].startswith("cannot be read")
    assert not any(student == "Blank" for student, _ in why)


def test_the_pages_hold_no_script_and_no_answer(marked):
    pages = {
        path: text.decode("utf-8") for path, text in marked[0].items() if path.suffix == ".html"
    }
    assert len(pages) == 14
    own = pages.pop(Path("by-hand.html"))
    assert own.count("<script") == 1
    for path, text in pages.items():
        assert "<script" not in text, path
    ada = pages[Path("feedback", "Ada.html")]
    assert ada.count("✓ holds") == sum(
        len(task.blocks["solution"].splitlines()) for task in DERIVATIONS
    )
    # No line of a solution stands there, but the claim; and of a guide what is asked for alone.
    blank = pages[Path("feedback", "Blank.html")]
    for task in DERIVATIONS:
        lines = [line.partition("%")[0].strip() for line in task.blocks["solution"].splitlines()]
        for line in lines[:-1]:
            assert line not in blank
    for task in ONE.tasks:
        for guide in task.blocks.get("marking", "").splitlines():
            told = max(guide.partition(": ")[2].split("$"), key=len)
            assert not told or told not in blank


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_a_guide_tells_a_student_what_is_asked_for_and_no_answer(one):
    for task in (task for task in one.tasks if task.kind in ("figure", "open")):
        assert task.points == sum(worth for worth, _ in task.parts)
        for _, what in task.parts:
            assert "$" not in what
            assert not re.search(r"[1-9]", what)


def test_a_students_page_has_the_question_and_what_its_points_are_for(marked):
    page = marked[0][Path("feedback", "Ada.html")].decode("utf-8")
    for task in ONE.tasks:
        assert task.text.splitlines()[-1].partition("$")[0] in page
        for _, what in task.parts:
            each = "2.5" if task.kind == "code" else "2"
            assert f"<li>{each} points for {what}</li>" in page
    assert page.count("<img src=") == 1  # the figure
    assert "subdifferential is" not in page


def test_the_page_for_a_person_holds_every_answer_left(marked):
    page = marked[0][Path("by-hand.html")].decode("utf-8")
    for row in table(marked[0][Path("by-hand.csv")]):
        assert escape(json.dumps([row["student"], row["answer"]])) in page
    # Equal answers stand there once, with all the names.
    rows = table(marked[0][Path("by-hand.csv")])
    for task in ("is-it-the-slope", "no-derivative-at-zero"):
        same = [row["student"].removeprefix("'") for row in rows if row["task"] == task]
        same = [student for student in same if student != "Missing"]
        assert len(same) == 7
        assert f"<h3>{escape(', '.join(same))}</h3>" in page
    assert "open question" not in page  # what all of them are
    assert page.count("Because.") == 2
    assert "for what is true, and why: at 0 the one-sided slopes" in page
    assert re.search(r'<a href="file:///[^"]*/Pdf/scan.ipynb">', page)


def decide(path, *rows):
    """Write points and comments into the table for a person: (student, task, points, comment)."""
    head = "\ufefftask;student;points possible;why;points;comment\n"
    text = "".join(f"{task};{who};;;{points};{comment}\n" for who, task, points, comment in rows)
    path.write_text(head + text, encoding="utf-8")


def test_what_a_person_decides_comes_into_the_marks_and_stays(tmp_path):
    folder, marks = tmp_path / "in", tmp_path / "marks"
    hand_in(folder / "Ada_12345_assignsubmission_file" / "hw.ipynb", RIGHT)
    (folder / "Bo").mkdir()
    (folder / "Bo" / "photo.jpg").write_bytes(b"\xff\xd8")
    said, out = grade(folder, marks)
    assert "Left to a person: 4. Of these 1 are code" in said
    decisions = [
        ("Ada", "is-it-the-slope", "4,5", "Good eye."),
        ("Ada", "swish", "9", "A word on the rule."),  # it overrules the machine
        ("Ada", "no-derivative-at-zero", "", ""),
        ("Bo", "all", "20", "On paper."),
    ]
    decide(out / "by-hand.csv", *decisions)
    said, _ = grade(folder, marks)
    assert "Left to a person: 2." in said
    rows = table((out / "marks.csv").read_bytes())
    seen = [(row["student"], row["marked"], row["left"]) for row in rows]
    assert seen == [("Ada", "33.5", "16"), ("Bo", "20", "0")]
    assert all((out / row["feedback"]).is_file() for row in rows)
    for student, comment in (("Ada", "Good eye."), ("Bo", "On paper.")):
        assert comment in (out / "feedback" / f"{student}.html").read_text(encoding="utf-8")
        # Beside a person's word stands the machine's.
        page = (out / "feedback" / f"{student}.html").read_text(encoding="utf-8")
        reason = "Every line holds" if student == "Ada" else "A person marked it: photo.jpg"
        assert reason in page
    # A comment may stand without points.
    decide(out / "by-hand.csv", ("Bo", "all", "20", "On paper."), ("Ada", "bump", "", "Neat."))
    grade(folder, marks)
    ada = table((out / "marks.csv").read_bytes())[0]
    assert (ada["bump"], ada["marked"], ada["left"]) == ("10", "30", "22")
    assert "Neat." in (out / "feedback" / "Ada.html").read_text(encoding="utf-8")
    decide(out / "by-hand.csv", *decisions)
    grade(folder, marks)
    # Points of the parts stand beside them on the student's page.
    parts = ("Ada", "no-derivative-at-zero", "2+0 + 1,5", "")
    decide(out / "by-hand.csv", parts)
    grade(folder, marks)
    assert table((out / "marks.csv").read_bytes())[0]["no-derivative-at-zero"] == "3.5"
    page = (out / "feedback" / "Ada.html").read_text(encoding="utf-8")
    whats = [what for _, what in ONE.tasks[-1].parts]
    for share, what in zip(("2", "0", "1.5"), whats, strict=True):
        assert f"<li>{share} of 2 points for {what}</li>" in page
    assert "2+0+1.5" in [row["points"] for row in table((out / "by-hand.csv").read_bytes())]
    # Quarters of a point add up.
    decide(out / "by-hand.csv", ("Ada", "is-it-the-slope", "4.25", ""))
    grade(folder, marks)
    assert table((out / "marks.csv").read_bytes())[0]["marked"] == "34.25"
    decide(out / "by-hand.csv", *decisions)
    grade(folder, marks)
    # Neither a later run nor the marking of another folder loses it.
    hand_in(tmp_path / "late" / "Cy" / "hw.ipynb", RIGHT)
    grade(tmp_path / "late", marks)
    grade(folder, marks)
    assert table((out / "marks.csv").read_bytes()) == rows
    kept = {row["task"]: row["comment"] for row in table((out / "by-hand.csv").read_bytes())}
    assert {kept[task] for task in ("is-it-the-slope", "swish", "all")} == {
        "Good eye.",
        "A word on the rule.",
        "On paper.",
    }


def test_pages_say_what_a_person_did_and_promise_nothing_more(tmp_path):
    folder, marks = tmp_path / "in", tmp_path / "marks"
    slip = f"{SLIP}\n= {SPLIT[1:]}\n= f(x)(1 - f(x))"
    answers = RIGHT | {"falling-sigmoid": steps(slip)}
    name = nbformat.v4.new_markdown_cell("**Your name:** Kim Photo")
    for student in ("12-photo", "13"):
        hand_in(folder / student / "hw.ipynb", answers, [name] if student == "12-photo" else ())
    words = {task.name: RIGHT[task.name] for task in ONE.tasks if task.kind != "derivation"}
    hand_in(folder / "14" / "hw.ipynb", words)
    said, out = grade(folder, marks)

    def feedback_of(student):
        return (out / "feedback" / f"{student}.html").read_text(encoding="utf-8")

    # Who handed in the same is told, and how many answers there are to read.
    same = "The same answers throughout: 12-photo, 13."
    assert same in said
    assert same in (out / "by-hand.html").read_text(encoding="utf-8")
    assert "14" not in same
    assert re.search(r"Left to a person: \d+ \(\d+ different\)\.", said)
    kim = feedback_of("12-photo")
    assert f"<h1>{ONE.title}: Kim Photo</h1>" in kim
    assert "Handed in as 12-photo." in kim
    assert "0 of 10, and a person will look at it" in kim
    assert "2 more lines stand below it." in kim
    # When all else is marked, the points that stood are final.
    blank = [task.name for task in ONE.tasks if task.name not in words]
    given = [(who, task, "1", "See it.") for who in ("12-photo", "13", "14") for task in words]
    given += [("14", task, "0", "") for task in blank]
    decide(out / "by-hand.csv", *given)
    said, _ = grade(folder, marks)
    assert "Left to a person: 0." in said
    assert "2 more have points by the rule" in said
    kim = feedback_of("12-photo")
    assert "will look at it" not in kim
    assert "<b>Your teacher:</b> See it." in kim
    # Points of a person may be for lines below the wrong one: then these are shown.
    decide(out / "by-hand.csv", *given, ("12-photo", "falling-sigmoid", "4", ""))
    grade(folder, marks)
    assert "below it." not in feedback_of("12-photo")
    assert "2 more lines stand below it." in feedback_of("13")
    page = (out / "overview.html").read_text(encoding="utf-8")
    assert '<a href="feedback/12-photo.html">12-photo (Kim Photo)</a>' in page
    assert same in page
    assert "Line 2 does not hold" in page
    for number, task in enumerate(ONE.tasks, 1):
        assert f"<th>{number}. {task.title.partition('$')[0]}" in page


def test_code_is_marked_by_eye_beside_what_its_tests_check_until_they_have_run(marked):
    page = marked[0][Path("by-hand.html")].decode("utf-8")
    number, task = next((k, task) for k, task in enumerate(ONE.tasks, 1) if task.kind == "code")
    part = page.partition(f"<h2>{number}. ")[2].partition("</section>")[0]
    guide, _, answers = part.partition("</ul></div>")
    for name, source in task.tests:
        assert f"<li>2.5 for {name}<pre>{escape(source)}</pre></li>" in guide
    assert "np.where" in answers.partition("<details>")[0]
    assert 'data-most="2.5 + 2.5 + 2.5 + 2.5"' in answers


def test_the_page_for_a_person_has_the_rule_a_solution_and_points_for_formulas_among_words(
    tmp_path,
):
    answers = {"falling-sigmoid": steps("\n".join(f"${line}$" for line in CHAIN.splitlines()))}
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", RIGHT | answers)
    _, out = grade(tmp_path / "in", tmp_path / "marks")
    page = (out / "by-hand.html").read_text(encoding="utf-8")
    task = page.partition("<h2>1. ")[2].partition("</section>")[0]
    assert "All points for 3 steps from one side of the claim to the other" in task
    assert task.count("✓ holds") == 4
    assert '<button type="button" class="take">10</button>' in task
    assert "<code>\\displaystyle" not in page


def test_files_that_are_too_many_or_no_notebook_are_told(tmp_path):
    folder = tmp_path / "in"
    hand_in(folder / "10 Jon" / "hw.ipynb", RIGHT)
    hand_in(folder / "10 Jon" / "hw (1).ipynb", {"swish": RIGHT["swish"]})
    for name in ("photo.jpg", "answers.pdf"):
        (folder / "11 Kira").mkdir(exist_ok=True)
        (folder / "11 Kira" / name).write_bytes(b"\xff\xd8")
    said, out = grade(folder, tmp_path / "marks")
    note = "10 Jon handed in 2 notebooks, hw (1).ipynb, hw.ipynb: delete those that do not count, and run this again"
    rows = {row["student"]: row for row in table((out / "marks.csv").read_bytes())}
    assert list(rows) == ["10 Jon (hw (1).ipynb)", "10 Jon (hw.ipynb)", "11 Kira"]
    assert rows["10 Jon (hw.ipynb)"]["note"] == note
    assert rows["11 Kira"]["note"] == "answers.pdf, photo.jpg: none of them is a notebook"
    by_hand = (out / "by-hand.html").read_text(encoding="utf-8")
    for text in (said, by_hand, (out / "overview.html").read_text(encoding="utf-8")):
        assert text.count(f"{note}.") == 1
    for name in ("photo.jpg", "answers.pdf"):
        assert re.search(rf'<a href="file:///[^"]*/11%20Kira/{name}">', by_hand)
    decide(out / "by-hand.csv", ("11 Kira", "all", "13.5", ""))
    grade(folder, tmp_path / "marks")
    page = (out / "overview.html").read_text(encoding="utf-8")
    assert f"13.5 of {ONE.points:g} points. answers.pdf, photo.jpg" in page


def test_nothing_marked_is_no_points_yet(tmp_path):
    hand_in(tmp_path / "in" / "Ada.ipynb", {}, [nbformat.v4.new_markdown_cell("All on paper.")])
    command = [Path(book.ROOT, "tools", "grade.py"), tmp_path / "in", "--out", tmp_path / "marks"]
    subprocess.run(
        [sys.executable, *command, "--homework", ONE.name], check=True, env=book.environment()
    )
    page = (tmp_path / "marks" / ONE.name / "in" / "feedback" / "Ada.html").read_text("utf-8")
    assert "<b>No points yet.</b>" in page


def test_another_folder_of_the_same_name_is_stopped(tmp_path):
    for group in ("A", "B"):
        hand_in(tmp_path / group / "week1" / "Ada" / "hw.ipynb", RIGHT)
    _, out = grade(tmp_path / "A" / "week1", tmp_path / "marks")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    said, _ = grade(tmp_path / "B" / "week1", tmp_path / "marks", fails=True)
    assert f"has the marks of {(tmp_path / 'A' / 'week1').resolve()}" in said
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("Nobody", "swish", "3", ""), "row 2: nobody called Nobody handed anything in"),
        (("Ada", "swosh", "3", ""), "there is no task swosh"),
        (("Ada", "swish", "15", ""), "15 is not a number from 0 to 10"),
        (("Ada", "swish", "ten", ""), "row 2: ten is not a number"),
        (("Ada", "swish", "5+5", ""), "row 2: 5+5 is not a number from 0 to 10"),
        (("Ada", "is-it-the-slope", "1 + 3 + 0", ""), "from 0 to 6, nor at most 2 + 2 + 2"),
        (("Ada", "is-it-the-slope", "1+1", ""), "from 0 to 6, nor at most 2 + 2 + 2"),
    ],
)
def test_a_faulty_decision_is_named_and_nothing_written(row, said, tmp_path):
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", RIGHT)
    _, out = grade(tmp_path / "in", tmp_path / "marks")
    decide(out / "by-hand.csv", row, ("Ada", "swish", "8", ""), ("Bo", "swish", "8", ""))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    told = grade(tmp_path / "in", tmp_path / "marks", fails=True)[0]
    # All faults at once, and before anything is read.
    assert said in told
    assert "row 4: nobody called Bo handed anything in" in told
    assert "row 3" not in told
    assert "[1/1]" not in told
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_each_test_of_code_has_its_share_and_a_name(tmp_path):
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", RIGHT)
    _, out = grade(tmp_path / "in", tmp_path / "marks")
    place = Path("Ada", "one-neuron", "one-neuron.ipynb")
    notebook = nbformat.read(out / "nbgrader" / "submitted" / place, 4)
    tests = [one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade")]
    task = next(task for task in ONE.tasks if task.kind == "code")
    assert sum(one.metadata.nbgrader.points for one in tests) == pytest.approx(task.points)
    for one in tests:
        one.execution_count = 1
    for one, wrong in zip(tests[1:], ("AssertionError", "CellTimeoutError"), strict=False):
        one.outputs = [nbformat.v4.new_output("error", ename=wrong, evalue="")]
    path = out / "nbgrader" / "autograded" / place
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    grade(tmp_path / "in", tmp_path / "marks")
    (row,) = table((out / "marks.csv").read_bytes())
    assert row["hard-sigmoid"] == "5"
    page = (out / "feedback" / "Ada.html").read_text(encoding="utf-8")
    assert "Not as it should be: at the kinks; close to the kinks (does not end)." in page
    # What the tests said of another answer says nothing of this one.
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", RIGHT | {"hard-sigmoid": "x = 1"})
    grade(tmp_path / "in", tmp_path / "marks")
    (row,) = table((out / "marks.csv").read_bytes())
    assert row["hard-sigmoid"] == ""


@pytest.mark.skipif(os.name == "nt", reason="the program in place of docker is a shell's")
def test_one_command_runs_the_code_in_a_container_without_a_network(tmp_path, monkeypatch):
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", RIGHT)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    marks, calls = tmp_path / "marks", tmp_path / "calls"
    command = [sys.executable, Path(book.ROOT, "tools", "grade.py"), tmp_path / "in", "--code"]

    def run(path):
        told = book.environment() | {"PATH": path}
        return subprocess.run(
            [*command, "--out", marks], env=told, capture_output=True, text=True
        ).stderr

    assert "there is no docker" in run("/usr/bin-without")
    docker.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n', encoding="utf-8")
    docker.chmod(0o755)
    path = f"{docker.parent}{os.pathsep}{os.environ['PATH']}"
    assert run(path) == ""
    build, start = calls.read_text(encoding="utf-8").splitlines()
    folder = marks / "one-neuron" / "in" / "nbgrader"
    assert build == f"build --tag marking {folder}"
    assert (folder / "Dockerfile").is_file()
    assert "--network none" in start
    assert f"--volume {folder}:/work" in start
    docker.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert "docker build failed" in run(path)


def test_code_comes_to_its_tests_whatever_became_of_the_notebook(marked):
    one = [path for path in marked[0] if path.match("nbgrader/submitted/Extra/*/*.ipynb")]
    cells = json.loads(marked[0][one[0]])["cells"]
    kinds = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells]
    assert "hard-sigmoid" in kinds
    assert "hard-sigmoid-tests-1" in kinds
    assert "np.where" in "".join(map(str, cells))


def test_a_person_sees_what_stands_in_cells_of_no_task(tmp_path):
    picture = "iVBORw0KGgo="
    extra = nbformat.v4.new_markdown_cell("See ![](attachment:photo.png)")
    extra["attachments"] = {"photo.png": {"image/png": picture}, "x.svg": {"image/svg+xml": "<svg"}}
    name = nbformat.v4.new_markdown_cell("# Homework\n\n**Your name:** Ada Lovelace")
    hand_in(tmp_path / "in" / "Ada" / "hw.ipynb", {"swish": RIGHT["swish"]}, [extra, name])
    _, out = grade(tmp_path / "in", tmp_path / "marks")
    page = (out / "by-hand.html").read_text(encoding="utf-8")
    assert f'<img src="data:image/png;base64,{picture}"' in page
    assert "<h3>Ada (Ada Lovelace)</h3>" in page
    # From the answer a link leads there.
    assert '<a href="#cells-1">see them</a>' in page
    assert '<h2 id="cells-1">Ada: cells that name no task</h2>' in page
    (row,) = table((out / "marks.csv").read_bytes())
    assert (row["swish"], row["falling-sigmoid"]) == ("10", "")
    # The student sees it, too.
    page = (out / row["feedback"]).read_text(encoding="utf-8")
    assert f'<img src="data:image/png;base64,{picture}"' in page
    assert '<a href="#cells">' in page
    assert '<h2 id="cells">' in page


def test_no_file_leaves_the_folder(marked):
    assert all(".." not in path.parts for path in marked[0])


# -- the notebooks -----------------------------------------------------------------------------------------


def test_what_is_handed_out_holds_no_solution(tmp_path, monkeypatch):
    monkeypatch.setattr(homework, "picture", lambda code: "iVBORw0KGgo=")
    monkeypatch.setattr(homework, "FOLDER", tmp_path / "out")
    monkeypatch.setattr(homework, "SOLUTIONS", tmp_path / "solutions")
    monkeypatch.setattr(homework.os, "environ", dict(homework.os.environ))
    homework.main()
    for one in SETS:
        notebook, wheel = sorted((tmp_path / "out" / one.name).iterdir())
        assert (notebook.name, wheel.suffix) == (f"{one.name}.ipynb", ".whl")
        assert "SOLUTION" not in notebook.read_text(encoding="utf-8")
        assert wheel.name in notebook.read_text(encoding="utf-8")
        assert (tmp_path / "solutions" / notebook.name).is_file()
    assert len(list((tmp_path / "out").iterdir())) == len(SETS)


@pytest.mark.parametrize("solved", [False, True])
def test_a_notebook_of_homework(solved, monkeypatch):
    monkeypatch.setattr(homework, "picture", lambda code: "iVBORw0KGgo=")
    cells = homework.notebook_cells(ONE, "slopes.whl", solved)
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    text = json.dumps(notebook)
    assert ("HIDDEN TESTS" in text) is solved
    assert ("**Marking.**" in text) is solved
    sources = [one.source for one in cells]
    marks = mark(ONE, sources)
    assert [m.by_hand for m in marks if "no cell" in m.by_hand] == []
    assert sum(m.points or 0 for m in marks) == (30 if solved else 0)


def test_the_worked_example_takes_the_steps_that_it_says():
    example = homework.HOW_TO_TYPE.split("```latex\n")[1].removesuffix("```")
    claim = {"given": r"f(x) := (3x + 1)^2", "proves": "f'(x) = 6(3x + 1)"}
    assert "takes two" in homework.HOW
    assert [bool(check_derivation(example, least=n, **claim)) for n in (2, 3)] == [True, False]


def test_the_page_that_students_are_sent_to_has_that_section():
    page = Path(book.ROOT, "chapters", f"{homework.PAGE}.ipynb").read_text(encoding="utf-8")
    assert f"## {homework.SECTION}" in page
    assert homework.SECTION in homework.where()


def test_a_book_with_an_address_is_linked(tmp_path, monkeypatch):
    (tmp_path / "_config.yml").write_text('html:\n  baseurl: "book/"\n', encoding="utf-8")
    monkeypatch.setattr(book, "ROOT", str(tmp_path))
    assert f"](book/chapters/{homework.PAGE}.html)" in homework.where()


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_what_nobody_has_begun_fails_with_one_sentence(one):
    for task in (task for task in one.tasks if task.kind == "code"):
        script = task.blocks["start"] + "\n" + task.blocks["tests"]
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert run.stderr.splitlines()[-1].endswith("returns nothing yet."), run.stderr


def test_the_wheel_is_the_same_each_time(tmp_path):
    name = kit.wheel(tmp_path / "a")
    again = kit.wheel(tmp_path / "b")
    assert name == again
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
