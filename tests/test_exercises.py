"""What is said of an answer: right or wrong, on which side, in which case, and never what is right."""

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import book
from kernel import run
from slopes import answers, check_answer, relu, sigmoid, square_loss
from slopes.exercises import UNANSWERED

CHAPTERS = sorted(Path(book.ROOT, "chapters").glob("*.ipynb"))
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def gives(text):
    raise ValueError(f"{text}\nand a second line")


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        (5, 4, "your answer is too large"),
        (3, 4, "your answer is too small"),
        (-4, 4, "your answer has the wrong sign"),
        (-5, -4, "your answer is too far below 0"),
        (-3, -4, "your answer is not far enough below 0"),
        (1, 0, "your answer is too large"),
        (0.334, 1 / 3, "your answer is off by less than one percent"),
        (0.3334, 1 / 3, "your answer is off by less than one percent"),
        (0.33, 1 / 3, "your answer is off by less than one percent"),
        (float("nan"), 4, "your answer is not a finite number"),
        (float("inf"), 4, "your answer is not a finite number"),
        (10**400, 4, "your answer has rows of different lengths, or a number too large to hold"),
        ("4", 4, "your answer is text, and a number is asked for"),
        (True, 1, "your answer is True or False, and a number is asked for"),
        (np.True_, 1, "your answer is True or False, and a number is asked for"),
        (None, 4, "your answer is None, and a number is asked for"),
        (4 + 0j, 4, "your answer is a complex number, and a number is asked for"),
        ({4}, 4, "your answer is of type set, and a number is asked for"),
        (abs, 4, "your answer is a function, and a number is asked for"),
        (
            np.ma.masked_array([1.0, 2.0]),
            [1, 2],
            "your answer is of type MaskedArray, and a number",
        ),
        (["1", 2], [1, 2], "your answer is text, and a number is asked for"),
        ([[1], [2, 3]], [1, 2], "your answer has rows of different lengths"),
        ([4], 4, "your answer is a list of 1 number, and a single number is asked for"),
        ([-1, -2], [[-1, -2]], "is a list of 2 numbers, and 1 row of 2 numbers is asked for"),
        ([1, 3, 3], [1, 2, 3], "is too large in entry 2; 2 of the 3 entries are right"),
        ([[1, 2], [-3, 4]], [[1, 2], [3, 4]], "has the wrong sign in row 2, column 1; 3 of the 4"),
        ([True, True], [True, False], "your answer is right in 1 of 2 entries"),
        ([1, 0], [True, False], "your answer is a number, and True or False is asked for"),
        ([2.0, 1.0], {"the weight": 2, "the bias": -1}, "Not yet: the bias has the wrong sign."),
        (2.0, {"the weight": 2, "the bias": -1}, "your answer needs 2 parts: the weight, the bias"),
    ],
)
def test_a_wrong_answer_is_told_what_is_off(answer, expected, says):
    verdict = check_answer(answer, expected)
    assert verdict.kind == "wrong"
    assert says in verdict.text
    assert verdict.text.startswith("Not yet: ")
    assert "\n" not in verdict.text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (4, 4),
        (np.float32(4), 4),
        (np.array(4), 4),
        (Fraction(1, 3), 1 / 3),
        (0.333, 1 / 3),  # rounded to three digits
        ([18.9, -0.0333], [18.93, -1 / 30]),
        ([[-1, -2]], [[-1, -2]]),
        (((1, 2), [3, 4.0]), [[1, 2], [3, 4]]),
        (float("inf"), np.inf),
        (1e-17, 0),
        ([True, np.False_], [True, False]),
        (([1, 2], 3), {"the weights": [1, 2], "the bias": 3}),
    ],
)
def test_a_right_answer_is_right(answer, expected):
    assert check_answer(answer, expected).kind == "right"


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda x: -2 * x, "at x = −2 your function has the wrong sign; it is right at 1 of the 5"),
        (lambda x: 2 * x + 1, "at x = −2 your function is not far enough below 0."),
        (lambda w: [2 * w], "at w = −2 your function is a list of 1 number, and a single number"),
        (lambda x: None, "Not yet: your function gives nothing back; it may lack a return."),
        (lambda x: "4", "at x = −2 your function is text, and a number is asked for"),
        (lambda x: 1 / (x - x), "at x = −2 your function stops in line"),
        (lambda x: gives("no"), "with ValueError (no)."),
        (lambda x, y: x, "with TypeError"),
        (4, "a function is asked for, and your answer is not one"),
    ],
)
def test_a_wrong_function_is_told_where(function, says):
    verdict = check_answer(function, derivative_of=lambda x: x**2)
    assert verdict.kind == "wrong"
    assert says in verdict.text
    assert "\n" not in verdict.text


@pytest.mark.parametrize(
    "answer", [..., [1, ...], (..., 2), [[1], [...]], lambda x: ..., lambda x: [..., 1]]
)
def test_three_dots_are_no_answer(answer):
    expected = abs if callable(answer) else [1, 2]
    assert check_answer(answer, expected) is UNANSWERED
    assert check_answer(answer, 3, through=lambda given: given and ...) is UNANSWERED


def test_an_answer_is_judged_by_what_it_does():
    """A place where the slope is one half, and not where the check would look for it."""
    assert check_answer(0.0, 0.25, through=sigmoid.derivative).kind == "right"
    said = check_answer(1.0, 0.25, through=sigmoid.derivative).text
    assert said == "Not yet: the derivative of your answer is too small."
    said = check_answer(1.0, 0.25, through=lambda x: x.nothing).text
    assert "function stops in line" in said
    assert "AttributeError" in said


def test_derivatives_of_several_arguments():
    def cost(w, b):
        return square_loss(w * np.array([1.0, 2.0]) + b, np.array([0.0, 1.0])).mean()

    def gradient(w, b):
        slopes = square_loss.derivative(w * np.array([1.0, 2.0]) + b, np.array([0.0, 1.0])) / 2
        return [slopes @ [1.0, 2.0], slopes.sum()]

    at = [(0.5, 1.0), (-2.0, 0.3)]
    assert check_answer(gradient, derivative_of=cost, at=at).kind == "right"
    said = check_answer(lambda w, b: gradient(w, -b), derivative_of=cost, at=at).text
    assert said.startswith("Not yet: at w = 0.5, b = 1 your function ")
    assert check_answer(gradient(0.5, 1.0), derivative_of=cost, at=(0.5, 1.0)).kind == "right"
    w = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert check_answer(2 * w, derivative_of=lambda w: (w**2).sum(), at=w).kind == "right"
    assert check_answer(w.T, derivative_of=lambda w: (w**2).sum() / 2, at=w).kind == "wrong"


def test_at_a_kink_every_value_between_the_slopes_is_right():
    for value in (0, 0.5, 1):
        slope = lambda x, value=value: 1.0 if x > 0 else value if x == 0 else 0.0  # noqa: E731
        assert check_answer(slope, derivative_of=relu).kind == "right"
    said = check_answer(lambda x: 1.0 if x > 0 else 1.5 if x == 0 else 0.0, derivative_of=relu).text
    assert (
        said
        == "Not yet: at x = 0 your function is too large; it is right at 4 of the 5 inputs tried."
    )


def test_mistakes_of_the_exercise_are_errors():
    for given in ({}, {"expected": 1, "derivative_of": abs}):
        with pytest.raises(TypeError, match="either"):
            check_answer(1, **given)
    with pytest.raises(LookupError, match=r"no function nobody_asked .* ex-nobody-asked"):
        check_answer(1, "ex-nobody-asked")


def test_the_page_knows_a_verdict():
    source = "x = [...]\ncheck_answer(x, [1])"
    for answer, kind in ((1, "right"), (2, "wrong"), (..., "unanswered")):
        assert run.judge(source, check_answer(answer, 1), None) == kind


# The exercises of the chapters


def cells(path):
    return [
        ("".join(cell["source"]), "".join(str(cell.get("outputs", ""))), cell["metadata"])
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]


@each_chapter
def test_exercises_are_open_and_their_solutions_right(path):
    for source, outputs, metadata in cells(path):
        if re.search(r"^check_answer\(", source, re.MULTILINE):
            assert ("state right" if "jupyter" in metadata else "state unanswered") in outputs, (
                source
            )
            last = source[source.rindex("\ncheck_answer(") :]
            assert re.fullmatch(r"\ncheck_answer\(.*\)", last, re.DOTALL), (
                "the verdict is the last value"
            )


def test_each_stored_answer_is_asked_for():
    """By the label of an exercise in a chapter; and each label in a cell is one."""
    asked, labels = set(), set()
    for path in CHAPTERS:
        text = path.read_text(encoding="utf-8")
        labels |= set(re.findall(r":label: (ex-[\w-]+)", text))
        asked |= {
            name for source, *_ in cells(path) for name in re.findall(r'"(ex-[\w-]+)"', source)
        }
    assert asked <= labels
    stored = {
        name
        for name, thing in vars(answers).items()
        if getattr(thing, "__module__", "") == answers.__name__ and name != "of"
    }
    assert {label.removeprefix("ex-").replace("-", "_") for label in asked} == stored
