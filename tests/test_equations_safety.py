"""Whatever a person types, the checker answers: no crash, no hang, no side effect.

How long it takes is measured by ``make bench``; here every input has to come to an end.
"""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import slopes.equations
from slopes.__main__ import main
from slopes.equations.markdown import read_markdown
from slopes.equations.page import check_items
from slopes.equations.report import KINDS
from slopes.notebooks import Unreadable

PACKAGE = Path(slopes.equations.__file__).parent

NASTY = [
    r"9^{9^{9}} = 1",
    r"9^{9^{9^{9}}} = 1",
    r"10^{10^{8}} = 1",
    r"(10^{7})! = 1",
    r"e^{e^{e^{e^x}}} = 1",
    r"x^{x^{x^{x^{x}}}} = 1",
    "(" * 500 + "x" + ")" * 500 + " = x",
    "{" * 500 + "x" + "}" * 500 + " = x",
    "+".join(["x"] * 20_000) + " = x",
    "+".join(["x"] * 900) + " = 900x",
    r"\sqrt{" * 300 + "x" + "}" * 300 + " = 1",
    r"\sum_{i=1}^{10000000} i = 1",
    r"\sum_{i=1}^{50}\sum_{j=1}^{50}\sum_{k=1}^{50}\sum_{l=1}^{50} e^{x_i+x_j+x_k+x_l} = 1",
    r"\frac{d^4}{dx^4} e^{e^{e^{\sin x}}} = 0",
    r"\frac{d}{dx}" * 8 + r" e^{x^2}\tanh x = e^{x^2}",
    r"\lim_{x\to0}\lim_{y\to0}\lim_{z\to0} \frac{\sin(xyz)}{xyz} = 1",
    r"\int_0^1\int_0^1\int_0^1 e^{xyz}\,dx\,dy\,dz = 1",
    r"\max_x \max_y \sin(x)\cos(y) = 1",
    r"\sin(10^{1000}) = 0",
    "1" * 10_000 + " = 1",
    r"f(x) = f(x) + 1",
    r"f(x) = g(x), \quad g(x) = f(x), \quad f(x) = 1",
    r"u = v, \quad v = u, \quad u = 1",
    r"2^{-10^{30}} = 0",
    r"\sqrt[10^9]{x} = 1",
    r"x^{10000000000} = 1",
    r"\begin{cases}" + r" 1 & x > 0 \\" * 500 + r"\end{cases} = 1",
    r"f^{(100)}(x) = 1",
    "x_{_{_{_",
    "^^^^",
    "= = =",
    "&&&=&&&",
    "\x00 = 1",
    r"\def\x{\x\x}\x = 1",
    r"\input{/etc/passwd} = 1",
    "__import__('os').system('true') = 1",
    " , ".join(["x = x"] * 400),
    r"0 < \sigma(x) < 1, \quad " * 30 + "1 = 1",
    r"\sum_{i=1}^{n}\sum_{j=1}^{n}\sum_{k=1}^{n}\sum_{l=1}^n\sum_{m=1}^n z_i z_j z_k z_l z_m = 0",
    "+".join("abcdfghklmnpqrstuvwxyz") + " = " + "+".join("zyxwvutsrqpnmlkhgfdcba"),
]


def answers(text):
    """All verdicts on a text."""
    page = check_items(read_markdown(text))
    return [link.verdict for equation in page.equations for link in equation.links]


@pytest.mark.parametrize("latex", NASTY, ids=range(len(NASTY)))
def test_nothing_hangs_or_crashes(latex):
    found = answers(f"$$ {latex} $$")
    assert all(verdict.kind in KINDS for verdict in found)
    assert all("could not be computed" not in verdict.reason for verdict in found)


PIECES = st.sampled_from(
    [
        r"x",
        r"y",
        r"z",
        r"a",
        r"u",
        r"v",
        r"f",
        r"g",
        r"\sigma",
        r"\tanh",
        r"\exp",
        r"\log",
        r"\max",
        r"\min",
        r"\operatorname{ReLU}",
        r"\frac",
        r"\dfrac",
        r"\sqrt",
        r"\sum_{i=1}^n",
        r"\sum_j",
        r"\prod_k",
        r"\lim_{h\to0}",
        r"\int_0^1",
        r"\frac{d}{dx}",
        r"\frac{\partial}{\partial",
        r"z_k}",
        r"\frac{df}{dx}",
        r"f'(x)",
        r"u'",
        r"z_i",
        r"z_k",
        r"\delta_{ik}",
        r"S_i",
        r"(",
        r")",
        r"[",
        r"]",
        r"\left(",
        r"\right)",
        r"|",
        r"\left|",
        r"\right|",
        r"{",
        r"}",
        r"_",
        r"^",
        r"'",
        r"+",
        r"-",
        r"\cdot",
        r"/",
        r"=",
        r"<",
        r"\le",
        r">",
        r"\approx",
        r"\in",
        r"\to",
        r",",
        r"&",
        r"\\",
        r"\quad",
        r"0",
        r"1",
        r"2",
        r"10",
        r"0.5",
        r"\frac12",
        r"e",
        r"\pi",
        r"\infty",
        r"\begin{cases}",
        r"\end{cases}",
        r"\begin{aligned}",
        r"\end{aligned}",
        r"\text{if}",
        r"\text{otherwise}",
        r"\mathbf{z}",
        r"^\top",
        r"\partial",
        r"\nabla",
        r"\circ",
        r"!",
        r"\dots",
        r"\Rightarrow",
        r"\pm",
        r"dx",
        r"dh",
    ]
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.lists(PIECES, max_size=25))
def test_any_sequence_of_latex_gets_an_answer(pieces):
    for verdict in answers("$$ " + " ".join(pieces) + " $$"):
        assert verdict.kind in KINDS
        assert "could not be computed" not in verdict.reason


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=120))
def test_any_text_gets_an_answer(text):
    page = f"{text}\n\n**Let** ${text}$.\n\n$$ {text} $$\n\n<!-- verify: {text} -->\n\n$$ 1 = 1 $$"
    assert all(verdict.kind in KINDS for verdict in answers(page))


UNREADABLE = {
    "a notebook of brackets": ("n.ipynb", "[" * 200_000),
    "no JSON": ("n.ipynb", "{"),
    "JSON and no notebook": ("n.ipynb", "[1, 2]"),
    "cells that are none": (
        "n.ipynb",
        json.dumps({"cells": [{"cell_type": "markdown", "source": 7}]}),
    ),
    "comments never closed": ("p.md", "<!--\n" * 10_000),
    "environments never closed": ("p.md", "\\begin{align}\n" * 10_000),
    "one long line": ("p.md", "x" * 6_000_000),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_one_file_that_cannot_be_read_does_not_lose_the_others(case, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, text = UNREADABLE[case]
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "good.md").write_text("$$ 1 = 1 $$", encoding="utf-8")
    assert main(["verify", name, "good.md"]) == 2
    out = capsys.readouterr().out
    assert f"{name}: cannot be read: " in out
    assert "good.md" in out
    assert "Traceback" not in out


def test_a_name_or_page_with_a_nul_byte_is_answered(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nul.md").write_text("$$ \x00 = 1 $$\n\n$$ 1 = 1 $$", encoding="utf-8")
    assert main(["verify", "nul.md", "a\x00b"]) == 2
    assert "no such file" in capsys.readouterr().out


def test_a_crash_never_looks_like_a_refutation(tmp_path, capsys, monkeypatch):
    def crash(items):
        raise KeyError("a fault of the checker")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("slopes.__main__.check_items", crash)
    (tmp_path / "page.md").write_text("$$ 1 = 1 $$", encoding="utf-8")
    assert main(["verify", "page.md"]) == 2
    assert "the checker failed" in capsys.readouterr().out


def test_a_page_beyond_all_measure_is_refused():
    with pytest.raises(Unreadable):
        read_markdown("x" * 6_000_000)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda p: p.name)
def test_no_text_is_ever_executed(path):
    """No eval, exec, compile or SymPy anywhere in the checker, and nothing that writes or runs."""
    forbidden = {
        "eval",
        "exec",
        "compile",
        "sympify",
        "parse_expr",
        "system",
        "popen",
        "write_text",
        "unlink",
    }
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "id", "")
            if isinstance(function, ast.Attribute):
                owner = getattr(function.value, "id", "")
                name = "" if owner == "re" else function.attr
            assert name not in forbidden, f"{path.name}:{node.lineno} calls {name}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            assert not {"sympy", "subprocess", "threading", "signal"} & {
                m.split(".")[0] for m in modules
            }


def test_the_reader_s_own_precision_is_left_alone():
    import decimal

    import mpmath

    before = mpmath.mp.dps, decimal.getcontext().prec
    assert answers(r"$$ \lim_{x\to0}\frac{\sin x}{x} = 1 $$")
    assert (mpmath.mp.dps, decimal.getcontext().prec) == before
