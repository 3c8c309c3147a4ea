"""Make the faces of the pages: run it after `make book`, where a letter is missing.

It takes Libertinus Serif and Inconsolata (npm packages of Fontsource) and KaTeX's own fonts, and leaves
in them what the book shows, so that a page brings a few kilobytes. It needs npm, fonttools and brotli:
`uv run --no-project --with fonttools --with brotli tools/fonts.py`.

What it writes is committed: the fonts, and `web/styles/faces.css`, which tells a browser, and the tests,
which letters each of them has. A formula that a reader types may need others: then the browser gets the
whole font of KaTeX.
"""

from __future__ import annotations

import re
import string
import subprocess
import tarfile
import tempfile
from html.parser import HTMLParser
from math import radians, tan
from pathlib import Path

import book

FONTS = Path(book.ROOT, "web", "fonts")
SHEET = Path(book.ROOT, "web", "styles", "faces.css")
PAGES = Path(book.PAGES)
PACKAGES = [
    "@fontsource/libertinus-serif",
    "@fontsource/libertinus-math",
    "@fontsource/inconsolata",
]
# Latin as English has it, with the accents of authors' names: what a next chapter is likely to bring.
ASCII = {chr(n) for n in range(0x20, 0x7F)}
LATIN = ASCII | set("\xa0©°·×ßàáäåçèéêëíïñóôöøúüýćčłńřśşšźžı–—‘’“”…′−")
# Signs that stand in text, and which a next chapter is likely to bring.
SIGNS = set("←→↔⇒≤≥≠≈≔∈∞∂∇∑∏√±⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉αβγδεζηθλμνπρστφχψωΓΔΘΛΠΣΦΨΩ✓")
# The text has these from the formulas: a minus, a times or a relation has one form wherever it stands.
SHARED = set("+<=>×−")
UPRIGHT = FONTS / "serif-400-normal.woff2"
# Formulas are set a little smaller than text; their digits and their words are those of the text.
WORDS = {"letters": string.digits + string.ascii_letters, "scale": 1 / 0.97}
# KaTeX's sign of a transpose is a hair-line where it stands, which is always above.
TRANSPOSE = [
    (90, 668),
    (688, 668),
    (688, 604),
    (422, 604),
    (422, 0),
    (356, 0),
    (356, 604),
    (90, 604),
]
SERIF = {"normal": ("400-normal", "600-normal"), "italic": ("400-italic",)}
AMS = FONTS / "katex" / "fonts" / "KaTeX_AMS-Regular.woff2"  # has the check mark
PARTS = ("latin", "latin-ext", "greek")
# Nearly every page shows these: the build writes them into the style sheet.
KATEX = (
    "Main-Regular",
    "Math-Italic",
    "Size1-Regular",
    "Size2-Regular",
    "Size3-Regular",
    "Size4-Regular",
)
# What is set in other fonts, by the class that KaTeX gives it.
SPECIAL = {
    "Main-Bold": {"mathbf", "textbf"},
    "AMS-Regular": {"amsrm", "mathbb", "textbb"},
    "Caligraphic-Regular": {"mathcal"},
}
KINDS = ("text", "code", "formula", *SPECIAL)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Letters(HTMLParser):
    """The letters that a page shows in its text, in code and in formulas, by their faces."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self.inside = [("", "text")]
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        """Note which face the content of an element has."""
        if tag in VOID:
            return
        kind = self.inside[-1][1]
        classes = (dict(attributes).get("class") or "").split()
        # A sign in <i> is for notebooks: the pages draw it.
        if tag in ("i", "script", "style", "template", "title") or "katex-mathml" in classes:
            kind = ""
        elif kind == "text" and {"katex-html", "digits"} & set(classes):
            kind = "formula"
        elif kind == "formula":
            kind = next((name for name, own in SPECIAL.items() if own & set(classes)), kind)
        elif kind == "text" and tag in ("pre", "code", "kbd"):
            kind = "code"
        self.inside.append((tag, kind))

    def handle_endtag(self, tag):
        """Leave an element, and what is open in it."""
        while len(self.inside) > 1 and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, text):
        """Collect the letters of a text."""
        if self.inside[-1][1]:
            self.found[self.inside[-1][1]] |= set(text)


def shown(pages) -> dict[str, set[str]]:
    """Return the letters that the built pages show, by kind."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for path in pages:
        for kind, letters in Letters(path.read_text(encoding="utf-8")).found.items():
            found[kind] |= letters - set("\n\t\u200b")
    return found


def covered(family: str, sheet: str | None = None) -> set[str]:
    """Return the letters that the faces of a family have on the pages."""
    sheet = SHEET.read_text(encoding="utf-8") if sheet is None else sheet
    letters = set()
    for rule in re.findall(r"@font-face\s*\{(.*?)\}", sheet, re.DOTALL):
        if f'"{family}"' in rule:
            for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", rule):
                letters |= {chr(n) for n in range(int(first, 16), int(last or first, 16) + 1)}
    return letters


def ranges(letters) -> str:
    """Write letters as a style sheet does."""
    runs: list[list[int]] = []
    for number in sorted(map(ord, letters)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def subset(sources, letters, target: Path, features) -> set[str]:
    """Write what is wanted of one face, which comes in parts; return the letters that it has."""
    from fontTools import subset as tool
    from fontTools.merge import Merger
    from fontTools.ttLib import TTFont

    def cut(font, wanted):
        options = tool.Options(layout_features=features, hinting=False, desubroutinize=True)
        options.name_IDs = [0, 1, 2, 13, 14]
        cutter = tool.Subsetter(options)
        cutter.populate(unicodes=[ord(c) for c in wanted])
        cutter.subset(font)
        return font

    with tempfile.TemporaryDirectory() as folder:
        parts, left = [], set(letters)
        for k, source in enumerate(sources):
            font = TTFont(source)
            mine = {c for c in left if ord(c) in font.getBestCmap()}
            if mine:
                left -= mine
                parts.append(str(Path(folder, f"{k}.ttf")))
                font = cut(font, mine)
                font.flavor = None
                font.save(parts[-1])
        font = cut(Merger().merge(parts) if len(parts) > 1 else TTFont(parts[0]), letters)
        font.flavor = "woff2"
        font.save(target)
    return set(letters) - left


def borrow(letters: str, target: Path, source: Path, scale: float = 1) -> None:
    """Let a face have letters of an upright one, slanted as its own are, and scaled."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTFont

    font, other = TTFont(target), TTFont(source)
    glyphs, own, its = other.getGlyphSet(), font.getBestCmap(), other.getBestCmap()
    lean = tan(radians(-font["post"].italicAngle))
    for name, given in ((own[ord(c)], its[ord(c)]) for c in letters):
        parts, pen = DecomposingRecordingPen(glyphs), TTGlyphPen(None)
        glyphs[given].draw(parts)
        parts.replay(TransformPen(pen, (scale, 0, lean, scale, 0, 0)))
        put(font, name, pen, round(scale * other["hmtx"][given][0]))
    font.save(target)


def put(font, name: str, pen, width: int) -> None:
    """Let a glyph of a font be what a pen drew."""
    font["glyf"][name] = pen.glyph()
    font["glyf"][name].recalcBounds(font["glyf"])
    font["hmtx"][name] = (width, font["glyf"][name].xMin)


def draw(letter: str, target: Path, corners: list[tuple[int, int]]) -> None:
    """Let a face have another drawing of a letter, as wide as its own."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTFont

    font, pen = TTFont(target), TTGlyphPen(None)
    name = font.getBestCmap()[ord(letter)]
    pen.moveTo(corners[0])
    for corner in corners[1:]:
        pen.lineTo(corner)
    pen.closePath()
    put(font, name, pen, font["hmtx"][name][0])
    font.save(target)


def face(family, style, weight, address, letters) -> str:
    """Write one rule of the style sheet."""
    return (
        f'@font-face {{\n  font-family: "{family}";\n  font-style: {style};\n'
        f"  font-weight: {weight};\n  font-display: swap;\n"
        f'  src: url({address}) format("woff2");\n  unicode-range: {letters};\n}}\n'
    )


def get(folder: Path) -> dict[str, Path]:
    """Get the packages by name; return the folder of each."""
    command = ["npm", "pack", "--silent", "--pack-destination", folder, *PACKAGES]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    found = {}
    for path in folder.glob("*.tgz"):
        name = re.match(r"fontsource-(\D+)-\d", path.name)[1]
        with tarfile.open(path) as archive:
            archive.extractall(folder / name, filter="data")
        found[name] = folder / name / "package"
    return found


def main() -> None:
    """Make every face, and the sheet that names them."""
    letters = shown(PAGES.rglob("*.html"))
    rules = ["/* Written by tools/fonts.py: which letters each face has. */\n"]
    with tempfile.TemporaryDirectory() as folder:
        packages = get(Path(folder))
        wanted = LATIN | letters["text"]
        for style, cuts in SERIF.items():
            for name in cuts:
                sources = [
                    packages["libertinus-serif"] / "files" / f"libertinus-serif-{part}-{name}.woff2"
                    for part in PARTS
                ]
                target = FONTS / f"serif-{name}.woff2"
                own = wanted - SHARED if name.startswith("400") else wanted  # formulas have no bold
                has = subset(sources, own, target, ["kern", "mark", "mkmk"])
                rules.append(face("Slopes Serif", style, name[:3], target.name, ranges(has)))
        # The italic J has a bar and looks like another letter.
        borrow("J", FONTS / "serif-400-italic.woff2", UPRIGHT)
        has_serif = covered("Slopes Serif", "".join(rules))
        math = packages["libertinus-math"] / "files" / "libertinus-math-latin-400-normal.woff2"
        mono = packages["inconsolata"] / "files" / "inconsolata-latin-400-normal.woff2"
        for family, name, sources, wanted_letters in (
            (
                "Slopes Signs",
                "signs",
                [math, AMS],
                (SIGNS | letters["text"] | letters["code"]) - has_serif,
            ),
            ("Slopes Mono", "mono", [mono], ASCII | letters["code"]),
        ):
            has = subset(sources, wanted_letters, FONTS / f"{name}.woff2", [])
            rules.append(face(family, "normal", "400", f"{name}.woff2", ranges(has)))
        for name, package in packages.items():
            (FONTS / f"{name}-LICENSE").write_bytes((package / "LICENSE").read_bytes())
    formulas = ASCII | letters["formula"]
    rules += [formula_face(name, formulas) for name in KATEX]
    rules += [formula_face(name, letters[name]) for name in SPECIAL if letters[name]]
    SHEET.write_text("".join(rules), encoding="utf-8")


def formula_face(name, letters):
    """Cut one font of KaTeX; return its rule."""
    from fontTools.ttLib import TTFont

    whole = FONTS / "katex" / "fonts" / f"KaTeX_{name}.woff2"
    target = FONTS / f"katex-{name.lower()}.woff2"
    has = subset([whole], letters & {chr(n) for n in TTFont(whole).getBestCmap()}, target, [])
    if name == KATEX[0]:
        # KaTeX writes a space without width, for which a browser would look in the whole font.
        font = TTFont(target)
        for table in font["cmap"].tables:
            table.cmap[ord("\u200b")] = table.cmap[ord(" ")]
        font.save(target)
        borrow(target=target, source=UPRIGHT, **WORDS)
        draw("⊤", target, TRANSPOSE)
        has = has | {"\u200b"}
    style = "italic" if "Italic" in name else "normal"
    weight = "700" if "Bold" in name else "400"
    return face("KaTeX_" + name.split("-")[0], style, weight, target.name, ranges(has))


if __name__ == "__main__":
    main()
