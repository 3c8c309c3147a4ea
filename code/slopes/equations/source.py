"""Reading documents: the displayed equations of a notebook or a page, and the words around them."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

ENVIRONMENTS = (
    "align|aligned|gather|gathered|equation|split|eqnarray|multline|alignat|flalign|displaymath"
)

_DISPLAY = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\[$\\](?![\[(]))"
    r"|\$\$(?P<dollars>.*?)\$\$(?:[ \t]*\((?P<label>[\w:.\-]+)\)[ \t]*(?=\n|$))?"
    r"|\\\[(?P<brackets>.*?)\\\]"
    r"|(?P<environment>\\begin\{(?P<name>"
    + ENVIRONMENTS
    + r")(?P<star>\*?)\}.*?\\end\{(?P=name)(?P=star)\})"
    r"|(?<![\\$])\$(?P<inline>[^$\n]+(?:\n[^$\n]+){0,2}?)\$(?!\d)"
    r"|\\\((?P<round>.*?)\\\)",
    re.S,
)
_FENCE = re.compile(r"^(?P<indent>\s*)(?P<mark>`{3,}|~{3,}|:{3,})\s*(?P<info>.*)$")
_COMMENT = re.compile(r"<!--(.*?)-->", re.S)
_VERIFY = re.compile(r"^\s*verify\s*:\s*(.*)$", re.S)
#: What stands for a page's last $$, if it has no partner: no formula, so that it is unread.
UNPAIRED = r"\$\$ without a second one"
#: The level of a title that is a bold line of its own.
BELOW_HEADINGS = 7
_BOLD_TITLE = re.compile(r"^\s*\*\*[^*]+\*\*[.:]?\s*$")
_BULLET = re.compile(r"^(\s*)([-*+•]|\d{1,2}[.)])\s+")


@dataclass
class Display:
    """A displayed equation: its LaTeX, its label, and where it stands."""

    latex: str
    label: str = ""
    line: int = 0
    cell: int | None = None
    indented: bool = False


@dataclass
class Words:
    """A paragraph or a list item: pieces ('words', text) and ('math', latex) in order."""

    pieces: list = field(default_factory=list)
    heading: int = 0  # its level, from 1; 0 for what is no heading
    bullet: str = ""
    indented: bool = False
    starts: bool = True  # a paragraph begins here; False: it goes on after a display

    @property
    def text(self):
        """The words alone, with a mark where a formula stands."""
        return "".join(text if kind == "words" else "\u25a1" for kind, text in self.pieces)


def spelled(item):
    """The text of a paragraph with its formulas between dollar signs."""
    return "".join(text if kind == "words" else f"${text}$" for kind, text in item.pieces).strip()


@dataclass
class Remark:
    """``<!-- verify: … -->``: an instruction to the checker that the reader does not see."""

    text: str
    line: int = 0
    cell: int | None = None


class Unreadable(Exception):
    """A file that is no notebook and no text."""


def read_file(path):
    """The items of a file in reading order."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.name} cannot be read: {error}") from error
    if path.suffix == ".ipynb":
        return read_notebook(text, path.name)
    return read_markdown(text)


def read_notebook(text, name="the notebook"):
    """The items of a notebook's Markdown cells."""
    try:
        cells = json.loads(text)["cells"]
        sources = [
            (number, "".join(cell["source"]))
            for number, cell in enumerate(cells)
            if cell["cell_type"] == "markdown"
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{name} is not a notebook: {error}") from error
    items = []
    for number, source in sources:
        items.extend(read_markdown(source, number))
    return items


def read_markdown(text, cell=None):
    """The items of a Markdown (MyST) text."""
    remarks = []
    cleaned = _cleaned(text.replace("\r\n", "\n"), remarks)
    items, position = [], 0
    pending = []  # pieces of the running paragraph
    between = []  # all texts between formulas
    for match in _DISPLAY.finditer(cleaned):
        if match.group("code") is not None or match.group("escaped") is not None:
            continue
        before = cleaned[position : match.start()]
        inline = (
            match.group("inline") if match.group("inline") is not None else match.group("round")
        )
        pending.append(("words", before))
        between.append(before)
        position = match.end()
        if inline is not None:
            pending.append(("math", inline.strip()))
            continue
        latex = (
            match.group("dollars") or match.group("brackets") or match.group("environment") or ""
        )
        label = match.group("label") or _label(latex)
        _flush(pending, items, remarks)
        line = cleaned.count("\n", 0, match.start()) + 1
        start = cleaned.rfind("\n", 0, match.start()) + 1
        indented = cleaned[start : match.start()].startswith(("  ", "\t"))
        items.append(Display(latex.strip(), label, line, cell, indented))
        pending = []
    pending.append(("words", cleaned[position:]))
    between.append(cleaned[position:])
    _flush(pending, items, remarks)
    if any("$$" in re.sub(r"(`+).*?\1", "", text, flags=re.S) for text in between):
        # An odd number of them: which texts are formulas is anybody's guess.
        line = cleaned.count("\n", 0, cleaned.rindex("$$")) + 1
        items.append(Display(UNPAIRED, "", line, cell))
    for item in items:
        if isinstance(item, Remark):
            item.cell = cell
    return items


def _label(latex):
    match = re.search(r"\\label\{([^}]*)\}", latex)
    return match.group(1) if match else ""


def _cleaned(text, remarks):
    """Text without code and comments, of the same number of lines; remarks leave a mark."""

    def comment(match):
        lines = "\n" * match.group(0).count("\n")
        found = _VERIFY.match(match.group(1))
        if found is None:
            return lines
        remarks.append(" ".join(found.group(1).split()))
        return f"\x00{len(remarks) - 1}\x00{lines}"

    lines, stack, in_front = [], [], False
    for number, line in enumerate(text.split("\n")):
        if number == 0 and line.strip() == "---" and "\n---" in text[3:]:
            in_front = True
            lines.append("")
            continue
        if in_front:
            in_front = line.strip() != "---"
            lines.append("")
            continue
        lines.append(_clean_line(line, stack, remarks))
    return _COMMENT.sub(comment, "\n".join(lines))


def _clean_line(line, stack, remarks):
    line = re.sub(r"^(\s*>\s?)+", "", line)
    fence = _FENCE.match(line)
    if stack and stack[-1][1] in ("code", "math"):
        mark, kind, label = stack[-1]
        if (
            fence
            and not fence["info"]
            and fence["mark"][0] == mark[0]
            and len(fence["mark"]) >= len(mark)
        ):
            stack.pop()
            return f"$$ ({label})" if kind == "math" and label else "$$" if kind == "math" else ""
        if kind == "code":
            return ""
        option = re.match(r"^\s*:(\w[\w-]*):\s*(.*)$", line)
        if option:
            if option.group(1) in ("label", "name"):
                stack[-1] = (mark, kind, option.group(2).strip())
            return ""
        return line
    if fence:
        info = fence["info"].strip()
        if not info:
            if (
                stack
                and stack[-1][0][0] == fence["mark"][0]
                and len(fence["mark"]) >= len(stack[-1][0])
            ):
                stack.pop()
                return ""
            stack.append((fence["mark"], "code" if fence["mark"][0] != ":" else "open", ""))
            return ""
        directive = re.match(r"^\{([\w:.\-]+)\}", info)
        name = directive.group(1) if directive else ""
        if name == "math" or info == "math":
            stack.append((fence["mark"], "math", ""))
            return "$$"
        if not directive or name.startswith(
            (
                "code",
                "figure",
                "image",
                "include",
                "literal",
                "raw",
                "toctree",
                "list-table",
                "eval",
                "bibliography",
                "glossary-",
            )
        ):
            stack.append((fence["mark"], "code", ""))
            return ""
        stack.append((fence["mark"], "open", ""))
        return ""
    if stack and re.match(r"^\s*:(\w[\w-]*):", line):
        return ""
    comment = re.match(r"^\s*%\s*(.*)$", line)
    if comment and not line.lstrip().startswith("%%"):
        found = _VERIFY.match(comment.group(1))
        if found:
            remarks.append(" ".join(found.group(1).split()))
            return f"\x00{len(remarks) - 1}\x00"
        return ""
    return line


def _flush(pending, items, remarks):
    """Split the running text into headings, paragraphs and list items, and append them."""
    current = Words(starts=not items or not isinstance(items[-1], Display))
    fresh = False

    def close():
        nonlocal current
        if not current.bullet and _BOLD_TITLE.match(current.text):
            current.heading = BELOW_HEADINGS
        if any(text.strip() for _, text in current.pieces):
            items.append(current)
        current = Words()

    for kind, text in pending:
        if kind == "math":
            current.pieces.append((kind, text))
            continue
        for place, line in enumerate(text.split("\n")):
            if place:
                fresh = True
            mark = re.search("\x00(\\d+)\x00", line)
            if mark:
                close()
                items.append(Remark(remarks[int(mark.group(1))]))
                line = line.replace(mark.group(0), "")
            if place and line == "" and place < text.count("\n"):
                close()
                continue
            heading = (
                re.match(r"^\s{0,3}(#{1,6})\s+(.*)$", line) if place or not current.pieces else None
            )
            bullet = _BULLET.match(line) if place or not current.pieces else None
            if heading:
                close()
                current.heading = len(heading.group(1))
                current.pieces.append(("words", heading.group(2)))
                continue
            if current.heading and place:
                close()
            if bullet:
                close()
                current.bullet = bullet.group(2)
                current.pieces.append(("words", line[bullet.end() :]))
                continue
            if fresh and not current.pieces:
                current.indented = line.startswith(("  ", "\t"))
            current.pieces.append(("words", (" " if place else "") + line))
    close()
