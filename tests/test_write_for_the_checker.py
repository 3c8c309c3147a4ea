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
    parts = (line if "**" in line else f"$$\n{line}\n$$" for line in lines)
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
SAID = {  # of the examples of the section on verdicts, the exit status of a page with each
    "refuted": ((BRIEF,), 1),
    "in order with a Let": (("**Let** $w x + b > 0$.", BRIEF), 0),
    "an equation to solve": (("k x = 3",), 2),
    "and another": ((r"\sin^2 x + \cos^2 x = 2",), 2),
    "withheld": (("The **sentence** says $x > 0$.", r"\cos x = 1 + x"), 2),
    "not withheld": (("The **sentence** says $x = 0$.", r"\cos x = 1 + x"), 1),
}


@pytest.mark.parametrize(("lines", "status"), SAID.values(), ids=SAID)
def test_what_the_section_on_verdicts_says_is_so(lines, status, tmp_path):
    assert verdict(tmp_path, *lines) == status
