"""Code that steps back: what it does in a word, and lines that can hang where they wrap."""

from __future__ import annotations

import ast
import re
from html import unescape
from itertools import accumulate

from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import Comment, Keyword, Operator, String
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_design.shared import is_component

from elements.markup import put, tag
from elements.start import between

WHOLE = 28  # signs of code that stay in one line of a text, and in one that breaks
TOGETHER = 40  # signs of code that do so where there is room
# A browser would break a line behind a minus sign. What is longer than this may have to be broken.
MINUS = re.compile(r"(?<![^\s>])(?=[^\s<>]{2,18}(?![^\s<>]))[^\s<>]*-[^\s<>]*")
# A line that may be too long for a telephone breaks behind the bracket of a call with a longer name.
# A string breaks where it is long, and a comment not behind its sign.
NARROW = 34  # signs
CALL = re.compile(r"(?<=[\w.]{8})([(\[])(?=(?:<[^>]*>)*[^\s<]{12})")
SAID = re.compile(r'(<span class="s\w?)(">(&quot;|"|&#39;|\')(?:&\S+?;|[^<&]){,32}?\3</span>)')
# So does one with names in it, from its letter to the mark that it begins and ends with.
WITH_NAMES = re.compile(r'<span class="sa">\w+</span><span class="s2">(&quot;|").*?\1</span>')
REMARK = re.compile(r'(?<=<span class="c1">)# \S+')
INKS = (Keyword, Operator.Word, String, Comment)  # what the style sheet colours
PIECES = re.compile(r"<[^>]*>|&[#\w]+;|.", re.DOTALL)
RIGHT = "✓ "  # begins the title of a fold about what is right
DEEPEST = 3  # levels of indentation that a style sheet tells apart


class Lines(HtmlFormatter):
    """Puts each line of code into an element of its own that says how far it is indented.

    Of the words only those get one that have a colour, or a minus sign, behind which no line ends.
    """

    def _get_css_classes(self, ttype):
        return super()._get_css_classes(ttype) if any(ttype in ink for ink in INKS) else ""

    def wrap(self, source):
        """Wrap the lines of one block."""
        return super().wrap(self._apart(source))

    def _apart(self, source):
        for is_code, line in source:
            if not is_code:
                yield is_code, line
                continue
            depth = min(DEEPEST, (len(line) - len(line.lstrip(" "))) // 4)
            blank = "" if line.strip() else " blank"
            line = MINUS.sub(r'<span class="together">\g<0></span>', unbroken(line))
            yield is_code, f'<span class="line in{depth}{blank}">{line.rstrip(chr(10))}\n</span>'


def unbroken(line: str) -> str:
    """Keep short calls whole where a long line of code breaks, and let it break before a method.

    >>> line = "smallest = np.log(steps[first:last]).min(axis=0), np.log(error[first:last])"
    >>> print(unbroken(line).replace('<span class="together">', "{").replace("</span>", "}"))
    smallest = {np.log(steps[first:last])}<wbr>{.min(axis=0)}, {np.log(error[first:last])}
    """
    pieces = PIECES.findall(line.rstrip("\n"))
    if sum(not piece.startswith("<") for piece in pieces) <= NARROW:
        return line
    groups, opened, breaks, word, inked = [], [], [], 0, 0
    for k, piece in enumerate(pieces):
        if piece.startswith("<"):
            inked += -1 if piece.startswith("</") else 1
        elif inked:  # in a string or a comment nothing is a call
            continue
        elif piece == " ":
            word = k + 1
        elif piece == "." and pieces[k - 1] in ")]":
            word = k
            breaks.append(k)
        elif piece in "([{":
            opened.append(word)
            word = k + 1
        elif piece in ")]}" and opened:
            word = opened.pop()
            if sum(not one.startswith("<") for one in pieces[word : k + 1]) <= WHOLE:
                groups = [group for group in groups if group[0] < word] + [(word, k)]
    for first, last in with_names(pieces):
        # Of the others none begins or ends inside alone: two that cross would be one long one.
        groups = [
            (k, end) for k, end in groups if end < first or k > last or (k <= first and end >= last)
        ] + [(first, last)]
    for k in breaks:
        pieces[k] = "<wbr>" + pieces[k]
    for start, end in groups:
        at = "<wbr>" * (start in breaks)
        pieces[start] = f'{at}<span class="together">{pieces[start].removeprefix(at)}'
        pieces[end] += "</span>"
    line = CALL.sub(r"\1<wbr>", "".join(pieces)) + "\n" * line.endswith("\n")
    line = SAID.sub(
        lambda said: said[1] + " together" * bool(re.search("[ -]", said[2])) + said[2], line
    )
    return REMARK.sub(r'<span class="together">\g<0></span>', line)


def with_names(pieces: list[str]) -> list[tuple[int, int]]:
    """Return where the short strings with names in them begin and end."""
    at = list(accumulate(map(len, pieces), initial=0))
    return [
        (at.index(said.start()), at.index(said.end()) - 1)
        for said in WITH_NAMES.finditer("".join(pieces))
        if len(unescape(re.sub("<[^>]*>", "", said[0]))) <= WHOLE
    ]


class Code(SphinxPostTransform):
    """Fold the cells that are tagged for it, each with a word on what its code does."""

    default_priority = 190  # before the tools that fold in their own way
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the code, and the folds, of one page."""
        for code in self.document.findall(nodes.literal):
            size = len(code.astext())
            code["classes"] += ["together"] * (size <= WHOLE) or ["whole"] * (size <= TOGETHER)
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and cell.get("hide_mode") == "input":
                fold_input(cell, self.env)
        for box in list(self.document.findall(lambda node: is_component(node, "dropdown"))):
            put(fold_dropdown(box), box)


def fold(title, *children: nodes.Node, **attributes) -> nodes.Element:
    """Return what opens at a press, without a script."""
    classes = ["fold", *attributes.pop("classes", [])]
    return tag(
        "details", tag("summary", tag("span", *title)), *children, classes=classes, **attributes
    )


def fold_dropdown(box: nodes.container) -> nodes.Element:
    """Return the fold for a dropdown of sphinx-design; a tick at its beginning is the book's own."""
    title = box[0].children if box["has_title"] else ["More"]
    if title[0].astext().startswith(RIGHT):
        word, colon, rest = title[0].astext().removeprefix(RIGHT).partition(":")
        found = tag("span", tag("i", words="✓"), f" {word}", classes=["verdict", "verified"])
        title = [found, nodes.Text(colon + rest), *title[1:]]
    content = box.children[1:] if box["has_title"] else box.children
    classes = [name for name in box["container_classes"] if not name.startswith("sd-")]
    opened = {"open": "open"} if box["opened"] else {}
    ids = [*box["ids"], *(box[0]["ids"] if box["has_title"] else [])]
    return fold(title, tag("div", *content, classes=["inside"]), classes=classes, ids=ids, **opened)


def fold_input(cell: nodes.container, env) -> None:
    """Fold the code of a cell, below what it draws, makes or prints."""
    code, *outputs = cell.children
    folded = fold(what(code.astext(), outputs, env), code)
    del cell["hide_mode"]
    cell.children = []
    cell += [*outputs, folded]


def what(source: str, outputs: list[nodes.Node], env) -> list:
    """Return in a few words what code is for: for what stands above it, or what it does."""
    html = "".join(raw.astext() for output in outputs for raw in output.findall(nodes.raw))
    figures = [figure for output in outputs for figure in output.findall(nodes.figure)]
    tables = [table for output in outputs for table in output.findall(nodes.table)]
    named = [name for name in (number(node, env) for node in figures or tables) if name]
    if outputs:
        kinds = {
            "this explorer": "<slopes-explorer" in html,
            "this figure": figures,
            "this table": tables or "<table" in html,
            "these lines": "\n" in outputs[0].astext().strip(),
        }
        thing = next((kind for kind, is_one in kinds.items() if is_one), "this line")
        return [f"Code for {' and '.join(named) or thing}"]
    body = ast.parse(source).body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports and body[0] in imports:
        count = sum(node.end_lineno - node.lineno + 1 for node in imports)
        return [f"Setup: {count} {'lines' if count > 1 else 'line'} of imports"]
    names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    if names:
        called = (nodes.literal("", name) for name in names)
        return ["Code that defines ", *between(" and ", called)]
    kinds = {type(node) for node in body}
    asserts = any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))
    if asserts and kinds <= {ast.Assert, ast.Assign, ast.For, ast.With}:
        return ["Code that checks numbers of the text"]
    return ["Code that prepares what follows"]


def number(figure: nodes.Element, env) -> str:
    """Return the name of a figure or a table in the book, such as "Fig. 6.1"."""
    kind = env.get_domain("std").get_enumerable_node_type(figure)
    numbers = env.toc_fignumbers.get(env.docname, {}).get(kind, {})
    found = next((numbers[name] for name in figure["ids"] if name in numbers), None)
    return env.config.numfig_format[kind] % ".".join(map(str, found)) if found else ""


def use_lines() -> None:
    """Let Sphinx write code with this module's lines."""
    PygmentsBridge.html_formatter = Lines
