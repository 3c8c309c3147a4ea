"""What the page for those who write says of the checker is so: its example, and what is wrong and right."""

import re
from pathlib import Path

import pytest

import book
from slopes.__main__ import main

PAGE = Path(book.ROOT, "chapters", "write-for-the-checker.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`\n]+)`")


def verdict(tmp_path, *lines):
    """Write a page of paragraphs and displays, and return the exit status for it."""
    parts = (line if line.startswith("#") or "**" in line else f"$$\n{line}\n$$" for line in lines)
    path = tmp_path / "page.md"
    path.write_text("# A page\n\n" + "\n\n".join(parts) + "\n", encoding="utf-8")
    return main(["verify", str(path)])


def example():
    """The first page, and the fenced report that belongs to it."""
    page, report = re.search(
        r"```markdown\n(# .*?)```.*?```\w*\n(first\.md: .*?)```", PAGE, re.DOTALL
    ).groups()
    return page, report.split()


def test_the_first_page_has_the_report_that_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page, report = example()
    Path("first.md").write_text(page, encoding="utf-8")
    assert main(["verify", "first.md"]) == 1
    said, _, _ = capsys.readouterr().out.partition("\nfile ")
    assert said.split() == report


def test_the_first_page_is_in_order_after_the_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page, _ = example()
    rows = re.findall(r"^\| \*(?:refuted|conditional|unread)\*: .* \| (.*) \|$", PAGE, re.MULTILINE)
    repaired, *declared = (CODE.search(row)[1] for row in rows)
    parts = page.replace(r"\sigma(-x) = -\sigma(x)", repaired).rstrip().split("\n\n")
    parts[-2:] = [declared[0], parts[-2], declared[1], parts[-1]]
    Path("first.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    assert main(["verify", "first.md"]) == 0


def rows():
    """What stands left and right in each row of the lists of what is wrong and right."""
    for table in re.findall(
        r"```\{list-table\}\n.*?\n\* - wrong\n  - right\n(.*?)```", PAGE, re.DOTALL
    ):
        for row in re.split(r"^\* - ", table, flags=re.MULTILINE)[1:]:
            wrong, right = row.split("\n  - ")
            yield CODE.findall(wrong), CODE.findall(right)


ROWS = list(rows())


def test_there_are_rows():
    assert len(ROWS) >= 12


@pytest.mark.parametrize(("wrong", "right"), ROWS)
def test_what_is_wrong_is_refused_and_what_is_right_is_not(wrong, right, tmp_path):
    assert verdict(tmp_path, *wrong) == 2
    assert verdict(tmp_path, *right) == 0


BRIEF = r"\operatorname{ReLU}(w x + b) = w x + b"
SQUARES = r"\sqrt{x^2 y^2} = x y"
AGAIN = ("## One", "r := 2 s", "## Two")
SAID = {  # of what the page says in sentences and tables, the exit status of a page with each
    "conditional": ((BRIEF,), 2),
    "in order with a Let": (("**Let** $w x + b \\ge 0$.", BRIEF), 0),
    "refuted": ((SQUARES,), 1),
    "in order with one, too": (("**Let** $x y \\ge 0$.", SQUARES), 0),
    "a zero of a denominator": ((r"\frac{(a + b)^2}{a + b} = a + b",), 2),
    "excluded": (("**Let** $a + b \\ne 0$.", r"\frac{(a + b)^2}{a + b} = a + b"), 0),
    "an equation to solve": (("k x = 3",), 2),
    "turned": (("3 = k x",), 2),
    "no equation to solve": ((r"\sin^2 x + \cos^2 x = 2",), 1),
    "withheld": (("The **sentence** says $x > 0$.", r"\cos x = 1 + x"), 2),
    "not withheld": (("The **sentence** says $y = 0$.", r"\cos x = 1 + x"), 1),
    "withheld by a value": (("The **sentence** says $x = 0$.", r"\cos x = 1 + x"), 2),
    "withheld by an equation": (("The **sentence** says $x = 2 t$.", r"\cos x = 1 + x"), 2),
    "a letter on one side": (("x + y = 2 x",), 2),
    "a number on one side": (("**Let** $y > 0$.", "x + y = 2 x"), 1),
    "arguments without brackets": ((r"\log 2 a b^2 = \log(2 a b^2)", r"\log(a) b = b \log a"), 0),
    "the end of an argument": ((r"\log a + b = b + \log a",), 0),
    "an argument without an end": ((r"\log x e^x = \log(x e^x)",), 2),
    "an update": (("x = x + 1",), 2),
    "an update, turned": (("x + 1 = x",), 2),
    "one side without a value": ((r"\sqrt{a b}^2 = a b",), 2),
    "nothing left to solve": ((r"\sum_{i=1}^{n} 1 = 3",), 1),
    "a remark": ((r"x + x = 2 x \quad \text{by algebra}",), 0),
    "a condition behind a remark": ((r"|x| = x \quad \text{when } x > 0",), 2),
    "a bar": (("f(x) := x^2", r"\left. \frac{df}{dx} \right\rvert_{x=3} = 6"), 0),
    "defined by a plain sign": (("r = 2 s", "r + s = 3 s"), 0),
    "claimed": (("r := 2 s", "r = 2 s"), 0),
    "falsely claimed": (("r := 2 s", "r = 3 s"), 1),
    "a claim or a new meaning": (("r = 2 s", "r = 3 s"), 2),
    "another meaning above": ((*AGAIN, "r = 3 s"), 2),
    "used above": (("r + 1 = 1 + r", "r = 2 s"), 2),
    "said otherwise": (("The **sentence** says $r = 3 s$.", "r = 2 s"), 2),
    "an index": (("x_i (x_i + i(i + 1)) = x_i^2 + x_i i + x_i i^2",), 0),
    "the argument of a definition": (("f(t) := t(1 - t)", "f(t) = t - t^2"), 0),
    "alone in the chain": (("h(s + 1) = h s + h",), 0),
    "defined without an argument": (("u := 1 + x^2", "u(2) = 5"), 2),
    "a meaning that stays": (("r := 2 s", "q := r + 1", "## Two", "r := 3 s", "q = 2 s + 1"), 0),
    "a recurrence": (("h_t := 2 h_{t-1} + 1", "h_0 := 0", "h_2 = 3"), 0),
    "one element": (("T_c = 300", "T_h = 300"), 2),
    "every element": (("T_c := 300", "T_h = 300"), 0),
    "a meaning that is fixed": ((r"\tanh(x) := \frac{e^x + e^{-x}}{e^x - e^{-x}}",), 1),
    "a constant beside the variable": ((r"\frac{d}{dx} (c x) = c",), 0),
    "a remark alone": ((r"\text{loss} := 3 s",), 2),
    "a name in words": ((r"\text{loss}_i := 3 s_i", r"\mathrm{loss} := 3 s"), 0),
    "indices that are equal": ((r"\delta_{ij} = 1",), 2),
    "cut off": ((r"\frac{2}{3} \approx 0.666", r"\frac{2}{3} \approx 0.667"), 0),
}


@pytest.mark.parametrize(("lines", "status"), SAID.values(), ids=SAID)
def test_what_the_page_says_is_so(lines, status, tmp_path):
    assert verdict(tmp_path, *lines) == status


def test_the_functions_that_are_listed_are_read(tmp_path):
    row = re.search(r"^\| functions with a fixed meaning \| (.*) \|$", PAGE, re.MULTILINE)[1]
    names = re.findall(r"\\[a-z]{2,}\b(?!_)", row.split(";", 1)[1])
    typed = re.search(r"^\| functions typed with .* \| (.*) \|$", PAGE, re.MULTILINE)[1]
    names += [rf"\operatorname{{{name}}}" for name in typed.split(", ")]
    assert len(names) >= 15
    for name, status in [*((name, 0) for name in names), (r"\operatorname{coth}", 2)]:
        assert verdict(tmp_path, rf"{name}(\mathbf{{x}}) = {name}(\mathbf{{x}})") == status, name
