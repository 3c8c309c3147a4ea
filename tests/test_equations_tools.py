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
    assert report.summary() == "2 equalities: 1 defined, 1 verified"
    assert repr(report) == "page.ipynb: 2 equalities: 1 defined, 1 verified"
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


# -- a typed derivation -------------------------------------------------------------------------------

SIGMOID = r"""
\sigma'(x) = \frac{d}{dx} \frac{1}{1 + e^{-x}}
= \frac{0 \cdot (1 + e^{-x}) - 1 \cdot (-e^{-x})}{(1 + e^{-x})^2}   % quotient rule
= \frac{e^{-x}}{(1 + e^{-x})^2}
= \sigma(x)(1 - \sigma(x))
"""


def test_a_right_derivation_is_true():
    verdict = check_derivation(SIGMOID)
    assert verdict
    assert str(verdict) == "all 4 steps hold"
    assert [line.rule for line in verdict.lines] == ["", "quotient rule", "", ""]


def test_the_first_wrong_line_is_named_with_a_point():
    verdict = check_derivation(SIGMOID.replace("1 - \\sigma(x)", "1 + \\sigma(x)"))
    assert not verdict
    number, line = verdict.first_wrong
    assert number == 4
    assert "at x = " in line.reason
    assert "line 4 does not hold" in str(verdict)
    assert "refuted" in verdict._repr_html_()


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        (r"\frac{d}{dx} e^{-x} = e^{-x}", "sign"),
        (r"\frac{d}{dx} (1 + x^2)^3 = 3 (1 + x^2)^2", "inner derivative"),
        (r"\frac{d}{dx} \tanh(3x) = 1 - \tanh^2(3x)", "inner derivative"),
        (
            r"\frac{d}{dx} \frac{x}{1 + x^2} = \frac{x \cdot 2x - (1 + x^2)}{(1 + x^2)^2}",
            "numerator of the quotient",
        ),
        (
            r"\frac{d}{dx} \frac{x}{1 + x^2} = \frac{1 + x^2 - x \cdot 2x}{1 + x^2}",
            "denominator of the quotient",
        ),
        (r"\frac{d}{dx} x e^x = e^x", "product rule"),
        (r"\frac{d}{dx} x^3 = 3 x^3", "exponent"),
        (
            r"\frac{d}{dx} |x| = \begin{cases} -1 & x > 0 \\ 1 & x < 0 \end{cases}",
            "exchanged|negative",
        ),
        (r"\frac{d}{dx} |x| = \begin{cases} 1 & x \ge 0 \\ -1 & x < 0 \end{cases}", "kink"),
        (r"\frac{d}{da} (a - y)^2 = a - y", "factor of 2"),
    ],
)
def test_a_hint_names_the_kind_of_slip(step, hint):
    verdict = check_derivation(step)
    assert not verdict
    assert re.search(hint, str(verdict)), str(verdict)


def test_definitions_and_a_domain_can_be_given():
    steps = r"g'(x) = \sqrt{k^2}\, e^{kx}"
    assert not check_derivation(steps, define=r"g(x) = e^{kx}")
    assert check_derivation(steps, define=r"g(x) = e^{kx}", domain="k > 0")
    assert check_derivation(r"f'(x) = 2x", define=[r"f(x) = x^2"])
    with pytest.raises(ValueError, match="define"):
        check_derivation("1 = 1", define="f(x")
    with pytest.raises(ValueError, match="domain"):
        check_derivation("1 = 1", domain="somewhere nice")


def test_definitions_of_a_page_can_be_used(page):
    page(r"$$ q(t) = t^3 $$", "page.md")
    assert check_derivation(r"q'(t) = 3t^2", page="page.md")


def test_a_claim_can_be_required():
    claim = r"\sigma'(x) = \sigma(x)(1 - \sigma(x))"
    assert check_derivation(SIGMOID, proves=claim)
    assert check_derivation(SIGMOID, proves=r"\sigma'(x) = (1 - \sigma(x))\,\sigma(x)")
    short = check_derivation(claim, proves=claim)
    assert not short
    assert "no step between" in str(short)
    other = check_derivation(r"\tanh'(x) = 1 - \tanh^2(x)", proves=claim)
    assert not other
    assert "begin with" in str(other)
    assert not check_derivation("", proves=claim)


def test_a_wrong_or_unread_line_is_an_answer_and_no_error():
    assert not check_derivation(r"x = \frobnicate")
    assert not check_derivation(r"1 = 2")
    assert not check_derivation("\n\n")
    assert not check_derivation(["= 1"])
