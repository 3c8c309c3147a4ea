"""Join style sheets into one, without the rules that no page can match.

The theme brings a whole framework of which a book uses a tenth. A rule is left out if a class or id
in its selector is named by no page and no script.
"""

from __future__ import annotations

import base64
import posixpath
import re
from pathlib import Path

# Strings come whole, since an address in one may hold a brace.
_TOKEN = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|[^{};"'/]+|/""", re.S)
_IMPORT = re.compile(r"""@import\s+["']([^"']+)["']\s*;""")
_URL = re.compile(r"""url\(\s*(["']?)(?!data:|#)([^"')]+)\1\s*\)""")
_NAME = re.compile(r"[.#](-?[A-Za-z_](?:[\w-]|\\.)*)")
# Bootstrap's script puts these names together when it shows a tooltip.
_COMPOSED = re.compile(r"bs-|tooltip")


def read(path: Path, root: Path, inline: re.Pattern) -> str:
    """Read a style sheet and what it imports, with addresses that hold from ``root``.

    Files whose names ``inline`` matches are written into the style sheet itself.
    """
    text = re.sub(r"/\*.*?\*/|@charset[^;]*;", "", path.read_text(encoding="utf-8"), flags=re.S)

    def move(found):
        name = found[2].split("?")[0]
        if inline.search(name):
            content = base64.b64encode((path.parent / name).read_bytes()).decode()
            return f"url(data:font/woff2;base64,{content})"
        folder = path.parent.relative_to(root).as_posix()
        return f"url({posixpath.normpath(posixpath.join(folder, name))})"

    text = _URL.sub(move, text)
    return _IMPORT.sub(lambda found: read((path.parent / found[1]).resolve(), root, inline), text)


def prune(text: str, words: set[str]) -> str:
    """Return the style sheet without what is only for classes and ids that are not in ``words``."""
    tokens = [t for t in _TOKEN.findall(text) if not t.startswith("/*")]
    return _block(iter(tokens), words)


def _block(tokens, words):
    """Return the content of one block, up to its closing brace."""
    out, head = [], ""
    for token in tokens:
        if token == "{":
            head = head.strip()
            if head.startswith("@"):
                name = head.split()[0]
                # Only what may hold rules is searched for rules.
                inside = words if name in ("@media", "@supports", "@layer") else None
                body = _block(tokens, inside)
                wanted = bool(body)
            else:
                if words is not None:
                    head = ",".join(s for s in _split(head) if _can_match(s, words))
                body, wanted = _block(tokens, None), bool(head)
            if wanted and body:
                out.append(f"{head}{{{body}}}")
            head = ""
        elif token == "}":
            break
        elif token == ";":
            if head.strip():
                out.append(_tight(head) + ";")
            head = ""
        else:
            head += token
    if head.strip():
        out.append(_tight(head))
    return "".join(out)


def _tight(declaration):
    name, colon, value = declaration.strip().partition(":")
    return f"{name.strip()}{colon}{value.strip()}"


def _split(selectors):
    """Split at the commas that are in no parentheses."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(selectors):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(selectors[start:place])
            start = place + 1
    parts.append(selectors[start:])
    return [" ".join(part.split()) for part in parts]


def _can_match(selector, words):
    """Whether every class and id that the selector demands is known."""
    selector = re.sub(r"\[[^\]]*\]", "", selector)
    while "(" in selector:  # what stands in :not() or :is() is no demand
        shorter = re.sub(r"\([^()]*\)", "", selector)
        if shorter == selector:
            break
        selector = shorter
    names = (name.replace("\\", "") for name in _NAME.findall(selector))
    return all(name in words or _COMPOSED.search(name) for name in names)
