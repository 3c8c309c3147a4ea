r"""The items of a page: headings, Lets and Cases, displayed and inline formulas, exemptions.

Read by markdown-it, which renders the same pages for the book. Words are looked at in a paragraph
that begins with a bold **Let** or **Case**, and nowhere else.
"""

import itertools
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from ..notebooks import Unreadable, cells_of, text_of

PARSER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, double_inline=True)
PARSER.use(amsmath_plugin)
REMARK = re.compile(r"<!--\s*verify:\s*(exempt\b)?[\s:,]*(.*?)\s*-->", re.S)
LABEL = re.compile(r"^:(?:label|name):\s*(\S+)\s*$", re.M)
OPTION = re.compile(r"\A(?:---\n(?s:.*?)\n---\n|(?::[\w-]+:[^\n]*\n?)*)")
DOLLARS = re.compile(r"(?<!\\)\$\$")
ALONE = "a $$ without its partner"
NO_REMARK = "a remark to the checker says exempt and a reason; what is assumed stands in a Let"
MOST = 5_000_000  # characters of a page; a long book has a fifth of that
# Markdown backtracks on what opens: comments, environments, brackets.
OPENINGS = {"<!--": 1000, "\\begin{": 5000, "[": 20_000}


@dataclass
class Item:
    """One thing that the checker reads.

    Its kind is 'heading', 'let', 'case', 'display', 'inline', 'exempt' or 'wrong' (text is the reason);
    a heading has a level, a Let or Case has formulas and may say smooth, a display may have a label
    and, once it is judged, a link for each of its relations.
    """

    kind: str
    text: str
    level: int = 0
    formulas: tuple = ()
    smooth: bool = False
    label: str = ""
    line: int = 0  # from 1
    cell: int | None = None  # None in a Markdown file
    links: list = field(default_factory=list)


def read_file(path):
    """The items of a notebook or a Markdown file; raises `Unreadable`."""
    path = Path(path)
    text = text_of(path)
    return read_notebook(text) if path.suffix == ".ipynb" else read_markdown(text)


def read_notebook(text):
    """The items of a notebook's Markdown cells."""
    cells = cells_of(text, "markdown")
    return [replace(item, cell=cell) for cell, source in cells for item in read_markdown(source)]


def read_markdown(text):
    """The items of Markdown text."""
    if len(text) > MOST:
        raise Unreadable(f"a page of {len(text):,} characters; at most {MOST:,} are read")
    if any(text.count(opening) > most for opening, most in OPENINGS.items()):
        raise Unreadable("a page with thousands of openings that are never closed is not read")
    try:
        tokens = PARSER.parse(text)
    except RecursionError as error:
        raise Unreadable("a page nested too deeply") from error
    found, torn = [], False
    for before, token in zip([None, *tokens], tokens, strict=False):
        line, items = token.map[0] + 1 if token.map else 0, list(_items(token, before))
        if torn and token.type == "amsmath":  # what stands around it in its $$ is not seen
            items[0].text = f"$${items[0].text}"
        torn = token.type != "math_block" and torn ^ any(item.text == ALONE for item in items)
        found += [replace(item, line=line + item.line) for item in items]
    return found


def _items(token, before):
    """The items of one block, with their lines counted from it."""
    match token.type:
        case "inline" if before is not None and before.type == "heading_open":
            return [Item("heading", token.content, int(before.tag[1]))]
        case "math_block" | "math_block_label" | "amsmath":
            return [Item("display", token.content, label=token.info or "")]
        case "fence":
            return _fence(token)
        case "html_block":
            return _remarks(token.content)
        case "inline":
            return _paragraph(token)
    return []


def _fence(token):
    """A directive in backticks: mathematics, or Markdown of its own; code is not read."""
    name = re.match(r"\{([\w:-]+)\}", token.info.strip())
    if token.info.strip() == "math" or (name and name[1] == "math"):
        options = OPTION.match(token.content)
        label = LABEL.search(options[0])
        return [Item("display", token.content[options.end() :], label=label[1] if label else "")]
    if name and not name[1].startswith(("code", "literal", "raw", "eval")):
        return read_markdown(token.content)
    return []


def _remarks(text):
    """What an HTML comment tells the checker: an exemption with its reason."""
    for exempt, reason in REMARK.findall(text):
        kind = "exempt" if exempt and reason else "wrong"
        reason = reason or "an exemption without a reason"
        yield Item(kind, reason if exempt else NO_REMARK)


def _paragraph(token):
    """A Let or Case, or the formulas that stand in a paragraph."""
    parts = [c for c in token.children if c.content or c.type in ("strong_open", "strong_close")]
    bold = [
        k for k, (mark, word) in enumerate(itertools.pairwise(parts))
        if mark.type == "strong_open" and word.content.strip() in ("Let", "Case")
    ]  # fmt: skip
    if bold == [0] and [c.type for c in parts[2:3]] == ["strong_close"]:
        return [_declaration(parts[1].content.strip(), parts[3:])]
    reason = "a bold Let or Case begins a paragraph of its own: leave a line empty above it"
    found = [Item("wrong", reason)] if bold else []
    for child in token.children:
        match child.type:
            case "math_inline":
                found.append(Item("inline", child.content))
            case "math_inline_double":
                found.append(Item("display", child.content))
            case "html_inline":
                found += _remarks(child.content)
            case "text" if DOLLARS.search(child.content):
                found.append(Item("wrong", ALONE))
    return found


def _declaration(kind, parts):
    """A Let or Case paragraph: formulas, and the words that it may hold."""
    words = " ".join(c.content for c in parts if not c.type.startswith("math"))
    said = [w for w in re.split(r"[\s,.;:]+", words) if w]
    strange = [w for w in said if w not in ("and", "be", "smooth")]
    formulas = tuple(c.content for c in parts if c.type.startswith("math"))
    smooth = "smooth" in said
    if strange or smooth != ("be" in said):
        found = " ".join(strange or said)
        return Item("wrong", f"a {kind} holds formulas, and, be smooth: not the words {found!r}")
    if not formulas:
        return Item("wrong", f"a {kind} without a formula")
    return Item(kind.lower(), words, formulas=formulas, smooth=smooth)
