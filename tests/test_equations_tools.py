"""The command line, `verify` in a notebook, and `check_derivation`."""

import json
import re
import subprocess
import sys

import nbformat
import pytest

from slopes import check_derivation, verify
from slopes.__main__ import main
from slopes.equations import EquationError

RIGHT = r"""# Page

$$
\sigma(x) = \frac{1}{1 + e^{-x}}
$$ (eq-sigma)

$$
\sigma'(x) = \sigma(x)(1 - \sigma(x))
$$ (eq-slope)
"""
WRONG = RIGHT.replace(r"(1 - \sigma(x))", r"(1 + \sigma(x))")
UNREAD = RIGHT + "\n$$\n\\frobnicate = 1\n$$\n"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Write a page and stand in its folder."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="page.md"):
        if name.endswith(".ipynb"):
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
            text = nbformat.writes(notebook)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


# -- the command line ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"), [(RIGHT, 0), (WRONG, 1), (UNREAD, 2), (WRONG + UNREAD, 1)]
)
def test_the_exit_status_tells_what_was_found(page, text, status, capsys):
    assert main(["verify", page(text)]) == status
    assert "verified" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_status_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    assert main(["verify", "broken.ipynb"]) == 2
    assert main(["verify", "missing.md"]) == 2
    assert "cannot be read" in capsys.readouterr().out


def test_a_folder_is_read_whole(page, capsys):
    page(RIGHT, "one.md")
    page(WRONG, "two.ipynb")
    assert main(["verify", "."]) == 1
    out = capsys.readouterr().out
    assert "one.md" in out
    assert "two.ipynb: cell 0, line 7 (eq-slope)" in out


def test_json_has_the_documented_form(page, capsys):
    assert main(["verify", "--json", page(WRONG, "page.ipynb")]) == 1
    found = json.loads(capsys.readouterr().out)
    (file,) = found["files"]
    equation = file["equations"][1]
    assert (file["path"], equation["label"], equation["cell"]) == ("page.ipynb", "eq-slope", 0)
    (link,) = equation["links"]
    assert link["verdict"] == "refuted"
    assert set(link) >= {"left", "right", "verdict", "reason", "witness"}
    assert set(link["witness"]) == {"at", "left", "right"}
    assert found["counts"]["refuted"] == 1


def test_the_command_is_installed(page):
    done = subprocess.run(
        [sys.executable, "-m", "slopes", "verify", page(RIGHT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


# -- in a notebook ------------------------------------------------------------------------------------


def test_verify_shows_the_page_s_table(page):
    report = verify(page(RIGHT, "page.ipynb"))
    assert report.ok
    assert report.summary() == "1 statement, verified; 1 definition"
    assert repr(report) == "page.ipynb: 1 statement, verified; 1 definition"
    assert "<table>" in report._repr_html_()


def test_verify_raises_and_names_the_first_wrong_equation(page):
    with pytest.raises(EquationError, match=r"eq-slope.*refuted.*at x = ") as caught:
        verify(page(WRONG, "page.ipynb"))
    assert isinstance(caught.value, AssertionError)


def test_verify_finds_a_page_in_chapters_above(page, tmp_path, monkeypatch):
    (tmp_path / "chapters").mkdir()
    page(RIGHT, "chapters/inner.md")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert verify("inner.md").ok
    with pytest.raises(FileNotFoundError, match="save the notebook"):
        verify("nowhere.ipynb")


def test_an_unsaved_copy_is_noticed(page, monkeypatch):
    class Shell:
        user_ns = {"In": ["", "x = 1"]}  # noqa: RUF012

    class IPython:
        @staticmethod
        def get_ipython():
            return Shell

    page(RIGHT, "page.ipynb")
    monkeypatch.setitem(sys.modules, "IPython", IPython)
    (note,) = verify("page.ipynb").notes
    assert "save the notebook" in note


def test_a_renamed_notebook_finds_itself_or_says_that_it_cannot(
    page, monkeypatch, tmp_path, capsys
):
    class Shell:
        user_ns = {"In": ["", "verify()", "y = 2"]}  # noqa: RUF012

    class IPython:
        @staticmethod
        def get_ipython():
            return Shell

    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setitem(sys.modules, "IPython", IPython)
    assert verify() is None
    assert "verify(" in capsys.readouterr().out
    cells = [nbformat.v4.new_markdown_cell(RIGHT), nbformat.v4.new_code_cell("verify()")]
    cells.append(nbformat.v4.new_code_cell("y = 2"))
    (tmp_path / "my copy (2).ipynb").write_text(
        nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8"
    )
    page(WRONG, "other.ipynb")
    assert verify().path == "my copy (2).ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "my copy (2).ipynb"))
    assert verify().summary() == "1 statement, verified; 1 definition"


# -- a typed derivation -------------------------------------------------------------------------------

SIGMA = r"\sigma(x) := \frac{1}{1 + e^{-x}}"
SIGMOID = r"""
\sigma'(x) = \frac{d}{dx} \frac{1}{1 + e^{-x}}
= \frac{0 \cdot (1 + e^{-x}) - 1 \cdot (-e^{-x})}{(1 + e^{-x})^2}   % quotient rule
= \frac{e^{-x}}{(1 + e^{-x})^2}
= \sigma(x)(1 - \sigma(x))
"""


def test_a_hint_that_asks_ends_in_its_question_mark():
    assert "is that given?</span>" in check_derivation(r"\sqrt{x^2} = x")._repr_html_()


def test_a_right_derivation_is_true():
    verdict = check_derivation(SIGMOID, given=SIGMA)
    assert verdict
    assert str(verdict) == "all 4 steps hold"
    assert [line.rule for line in verdict.lines] == ["", "quotient rule", "", ""]


def test_the_first_wrong_line_is_named_with_a_point():
    verdict = check_derivation(SIGMOID.replace("1 - \\sigma(x)", "1 + \\sigma(x)"), given=SIGMA)
    assert not verdict
    number, line = verdict.first_wrong
    assert number == 4
    assert "at x = " in line.reason
    assert "line 4 does not hold" in str(verdict)
    assert "refuted" in verdict._repr_html_()


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        (r"\frac{d}{dx} (1 + x^2)^3 = 3 (1 + x^2)^2", "inner derivative"),
        (r"\frac{d}{dx} \tanh(3x) = 1 - \tanh^2(3x)", "inner derivative"),
        (r"\frac{d}{dx} \frac{x}{1 + x^2} = \frac{x \cdot 2x - (1 + x^2)}{(1 + x^2)^2}",
         "numerator of the quotient"),
        (r"\frac{d}{dx} \frac{x}{1 + x^2} = \frac{1 + x^2 - x \cdot 2x}{1 + x^2}",
         "denominator of the quotient"),
        (r"\frac{d}{dx} |x| = \begin{cases} -1 & x > 0 \\ 1 & x < 0 \end{cases}", "negative"),
        (r"\frac{d}{da} (a - y)^2 = a - y", "factor of 2"),
        (r"\frac{d}{dx} (\sin x - \cos x) = \cos x - \sin x", "sign: that of the second term"),
        (r"\frac{d}{dx} \tanh(x) = 1 - x^2", "output taken for the input"),
    ],
)  # fmt: skip
def test_a_hint_names_the_kind_of_slip(step, hint):
    verdict = check_derivation(step)
    assert not verdict
    assert re.search(hint, str(verdict)), str(verdict)
    assert not check_derivation(step, hints=False).lines[0].hint


def test_a_kink_is_no_output_taken_for_an_input():
    line = check_derivation(r"\operatorname{ReLU}(w x + b) = w x + b").lines[0]
    assert line.hint == r"It holds for $w \, x + b \ge 0$: is that given?"
    step = r"f'(x) = 7 \operatorname{sign}(7 x - \pi)"
    line = check_derivation(step, given=r"f(x) := |7 x - \pi|").lines[0]
    assert (line.kind, line.hint) == ("conditional", "")


@pytest.mark.parametrize(
    "words", ["so this is the chain rule", "by the chain rule", "because x > 0"]
)
def test_words_on_a_line_stand_behind_a_percent_sign(words):
    line = check_derivation(rf"\frac{{d}}{{dx}} x^2 = 2 x {words}").lines[0]
    assert line.kind == "unread"
    assert "words? they stand behind %" in line.reason
    assert check_derivation(rf"\frac{{d}}{{dx}} x^2 = 2 x % {words}")


@pytest.mark.parametrize("words", ["Then", "so", "we get"])
def test_words_alone_on_a_line_are_no_product(words):
    found = check_derivation(f"x^2 - 1\n{words}\n= (x - 1) (x + 1)")
    assert [line.kind for line in found.lines] == ["start", "unread", "open"]
    assert "words? they stand behind %" in found.lines[1].reason
    given = r"s, o \in \mathbb{R}"
    assert check_derivation("x y\n= y x")
    assert check_derivation("so\n= os", given=given)


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ("f'(x) = 2 x\n2 x + 1", ["verified", "unread"]),
        ("f'(x)\n2 x", ["start", "unread"]),
        ("f'(x)\nu := 2 x\nf'(x) = u", ["start", "defined", "verified"]),
        ("f'(x) = 2 x\nx + x\n= 2 x", ["verified", "start", "verified"]),
        ("f'(x),\n= 2 x", ["start", "verified"]),
        ("f'(x) = 2 x\nx + x,\n= 2 x", ["verified", "start", "verified"]),
        ("f'(x) = 2 x\n(x + 1)^2\n2 = 2", ["verified", "unread", "verified"]),
        ("f'(x)\nf'(x) = 2 x", ["start", "verified"]),
        (r"\begin{aligned} f'(x) &= 2 x \\ 2 x + 1 \end{aligned}", ["unread"]),
        ("f'(x)", ["start"]),
    ],
)
def test_a_line_without_a_relation_begins_something_or_is_told(steps, kinds):
    found = check_derivation(steps, given="f(x) := x^2")
    assert [line.kind for line in found.lines] == kinds
    alone = [line.reason for line in found.lines if line.kind == "unread"]
    assert all("no line goes on from it: is an = missing?" in reason for reason in alone)


SOFTMAX = r"s_i := \frac{e^{z_i}}{\sum_{k=1}^{n} e^{z_k}}"
TANH = r"f(x) := \tanh(x)"
# Wrong derivations of the kinds that students hand in: what is given, the lines, which is wrong, the hint.
STUDENTS = [
    (SOFTMAX, r"\frac{\partial s_i}{\partial z_j} = s_i (1 - s_i)", 1, "i ≠ j"),
    (SOFTMAX, r"\frac{\partial s_j}{\partial z_j} = \frac{e^{z_j}}{\sum_{k=1}^{n} e^{z_k}}", 1,
     "denominator depends"),
    (TANH, r"""f'(x) = 1 - \left(\frac{e^x - e^{-x}}{e^x + e^{-x}}\right)^2
               = 1 - \tanh(x)""", 2, "square"),
    (SIGMA, r"""\sigma'(x) = \frac{d}{dx} (1 + e^{-x})^{-1}
                = -(1 + e^{-x})^{-2}""", 2, "inner derivative"),
    (SIGMA, r"""\sigma'(x) = -(1 + e^{-x})^{-2} \cdot \frac{d}{dx} e^{-x}
                = -(1 + e^{-x})^{-2} \cdot e^{-x}""", 2, "inner derivative|sign"),
    ([r"L := -y \log a - (1 - y) \log(1 - a)", "0 < a < 1"],
     r"\frac{\partial L}{\partial a} = -\frac{y}{a} - \frac{1 - y}{1 - a}", 1, "inner derivative|sign"),
    (SOFTMAX, r"\frac{\partial}{\partial z_j} \log s_i = 1 - s_j", 1, "i ≠ j"),
    ([SOFTMAX, r"L := -\sum_{i=1}^{n} y_i \log s_i"],
     r"""\frac{\partial L}{\partial z_j} = -y_j + s_j \sum_{i=1}^{n} y_i
         = s_j - y_j""", 2, r"sum_\{i=1\}\^\{n\} y_i = 1"),
    ([SIGMA, r"f(x) := x \sigma(x)"], r"""f'(x) = \sigma(x) + x \sigma'(x)
         = \sigma(x) + \sigma(x) (1 - \sigma(x))""", 2, "factor x"),
    ([r"W \in \mathbb{R}^{m \times n}, \mathbf{x} \in \mathbb{R}^n, \mathbf{y} \in \mathbb{R}^m",
      r"L := \frac{1}{2} \|W \mathbf{x} - \mathbf{y}\|^2"],
     r"\frac{\partial L}{\partial \mathbf{x}} = W (W \mathbf{x} - \mathbf{y})", 1, "transpose"),
    ([r"v := \frac{1}{4} (u_1 - u_2)^2", r"\epsilon > 0"],
     r"""\frac{\partial}{\partial u_1} \frac{u_1 - \frac{1}{2} (u_1 + u_2)}{\sqrt{v + \epsilon}}
         = \frac{1}{2 \sqrt{v + \epsilon}}""", 2, "denominator depends"),
    ([r"f(x) := \log(1 + e^{b x})", "b > 0"],
     r"f'(x) = \frac{e^{b x}}{1 + e^{b x}}", 1, "inner derivative|factor b"),
    (r"f(x) := \frac{x}{1 + x^2}", r"f'(x) = \frac{x \cdot 2x - (1 + x^2)}{(1 + x^2)^2}", 1, "swapped"),
    (TANH, r"""f'(x) = 1 - \tanh^2(x)
               = 1 - x^2""", 2, "output"),
    (r"L := \frac{1}{n} \sum_{i=1}^{n} (p_i - y_i)^2",
     r"\frac{\partial L}{\partial p_j} = \frac{1}{n} (p_j - y_j)", 1, "factor of 2"),
    ([r"p(t) := t^2", r"q(t) := t^3", r"F(p, q) := p q"],
     r"\frac{\partial F}{\partial t} = \frac{\partial F}{\partial p} \frac{\partial p}{\partial t}", 1,
     "path"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "steps", "wrong", "hint"), STUDENTS, ids=range(len(STUDENTS)))
def test_a_student_s_slip_is_named_at_its_line(given, steps, wrong, hint):
    verdict = check_derivation(steps, given=given)
    number, line = verdict.first_wrong
    assert number == wrong
    assert re.search(hint, line.hint), str(verdict)


def test_what_is_given_is_what_a_let_would_hold():
    steps = r"g'(x) = \sqrt{k^2}\, e^{kx}"
    assert not check_derivation(steps, given=r"g(x) := e^{kx}")
    assert check_derivation(steps, given=[r"g(x) := e^{kx}", "k > 0"])
    assert check_derivation("(f g)' = f' g + f g'", given="f, g be smooth")
    assert check_derivation("(f g)' = f' g + f g'", given="f and g be smooth")
    assert check_derivation("|x y| = x y", given=["x > 1 and y > 1"])
    assert check_derivation("|x y| = x y", given=r"x > 1 \text{ and } y > 1")
    relu = r"\operatorname{ReLU}(x) := \max(0, x)"
    assert check_derivation(r"\operatorname{ReLU}(-2) = 0", given=relu)
    with pytest.raises(ValueError, match=r"given.*fixed meaning"):
        check_derivation("1 = 1", given=relu.replace("0", "1"))
    with pytest.raises(ValueError, match="given"):
        check_derivation("1 = 1", given="f(x")
    with pytest.raises(ValueError, match="given"):
        check_derivation("1 = 1", given="somewhere nice")


def test_a_student_cannot_redefine_what_was_given():
    given = r"f(x) := x^2"
    for line in (r"f(x) := 3x^2", r"f(x) = 3x^2"):
        assert not check_derivation([line, r"f'(x) = 6x"], given=given)


def test_a_claim_can_be_required():
    claim = r"\sigma'(x) = \sigma(x)(1 - \sigma(x))"
    assert check_derivation(SIGMOID, given=SIGMA, proves=claim)
    turned = r"\sigma'(x) = (1 - \sigma(x))\,\sigma(x)"
    assert check_derivation(SIGMOID, given=SIGMA, proves=turned)
    spelled = ["v - v x = v - 2 v x + v x", r"= v \cdot (1 - x)"]
    assert check_derivation(spelled, proves="v - v x = v (1 - x)")
    short = check_derivation(claim, given=SIGMA, proves=claim)
    assert not short
    assert "states the claim itself" in str(short)
    other = check_derivation(r"\tanh'(x) = 1 - \tanh^2(x)", given=SIGMA, proves=claim)
    assert not other
    assert "begin with" in str(other)
    assert not check_derivation("", given=SIGMA, proves=claim)
    with pytest.raises(ValueError, match="proves"):
        check_derivation("1 = 1", proves="x > 0")


@pytest.mark.parametrize(
    "padding",
    [
        "= \\sigma(x)(1 - \\sigma(x)) + 0",
        "= 1 \\cdot \\sigma(x)(1 - \\sigma(x))",
        "= \\sigma(x)(1 - \\sigma(x)) + 1 - 1",
        "= (\\sigma(x) + x - x)(1 - \\sigma(x))",
        "= \\frac{2}{2} \\cdot \\sigma(x)(1 - \\sigma(x))",
        "= (1 - \\sigma(x)) \\cdot \\sigma(x)",
        "\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))",
    ],
)
def test_what_changes_nothing_is_no_step(padding):
    claim = r"\sigma'(x) = \sigma(x)(1 - \sigma(x))"
    steps = [claim, padding, r"= \sigma(x)(1 - \sigma(x))" if padding.startswith("=") else claim]
    verdict = check_derivation(steps, given=SIGMA, proves=claim)
    assert verdict.first_wrong is None
    assert not verdict


@pytest.mark.parametrize(
    ("steps", "holds"),
    [
        (r"""f'(x) = -\frac{e^x}{(1 + e^x)^2}
              = -\frac{1}{1 + e^x} \cdot \frac{e^x}{1 + e^x}
              = -f(x)(1 - f(x))""", True),
        (r"""f'(x) = -\frac{1}{1 + e^x} \left(1 - \frac{1}{1 + e^x}\right)
              = -f(x) \left(1 - \frac{1}{1 + e^x}\right)
              = -f(x)(1 - f(x))""", False),
        (r"""-f(x)(1 - f(x)) = -f(x) + f(x)^2
              = -\frac{1}{1 + e^x} \left(1 - \frac{1}{1 + e^x}\right)
              = f'(x)""", False),
    ],
)  # fmt: skip
def test_the_claim_with_its_definitions_put_in_is_no_derivation(steps, holds):
    given, claim = r"f(x) := \frac{1}{1 + e^x}", "f'(x) = -f(x)(1 - f(x))"
    verdict = check_derivation(steps, given=given, proves=claim, least=3)
    assert verdict.first_wrong is None
    assert verdict.gap == ("" if holds else "form")


def test_a_claim_without_derivatives_may_be_shown_by_its_definitions():
    given, claim = "g(x, y) := 2 x + 3 y + 5", "g(0, 0) + g(1, 1) = g(0, 1) + g(1, 0)"
    steps = ["g(0, 0) + g(1, 1) = 5 + (2 + 3 + 5)", "= (3 + 5) + (2 + 5)", "= g(0, 1) + g(1, 0)"]
    assert check_derivation(steps, given=given, proves=claim, least=2)
    assert check_derivation(claim, given=given, proves=claim).gap == "claim"
    assert check_derivation(steps[:2], given=given, proves=claim).gap == "end"


def test_steps_count_from_the_right_side_where_a_derivation_begins_there_and_stops_early():
    steps = r"""-f(x)(1 - f(x)) = -\frac{1}{1 + e^x} \cdot \frac{e^x}{1 + e^x}
                 = -\frac{e^x}{(1 + e^x)^2}"""
    given, claim = r"f(x) := \frac{1}{1 + e^x}", "f'(x) = -f(x)(1 - f(x))"
    verdict = check_derivation(steps, given=given, proves=claim, least=3)
    assert (verdict.gap, verdict.reached) == ("form", 2)
    assert "nor end with" in str(verdict)


def test_definitions_that_double_what_is_put_in_take_no_time():
    side = "f(" * 40 + "x" + ")" * 40
    steps = [f"f'(x) = {side} - {side} + 2", "= 2"]
    assert not check_derivation(steps, given="f(x) := x + x", proves="f'(x) = 2", least=2)


def test_so_many_steps_can_be_asked_for():
    claim = r"\sigma'(x) = \sigma(x)(1 - \sigma(x))"
    assert check_derivation(SIGMOID, given=SIGMA, proves=claim, least=3)
    assert not check_derivation(SIGMOID, given=SIGMA, proves=claim, least=4)


def test_a_wrong_or_unread_line_is_an_answer_and_no_error():
    assert not check_derivation(r"x = \frobnicate")
    assert not check_derivation(r"1 = 2")
    assert not check_derivation("\n\n")
    assert not check_derivation(["= 1"])
