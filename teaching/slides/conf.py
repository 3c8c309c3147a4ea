"""The settings of the slides; tools/slides.py builds them."""

from pathlib import Path

from sphinx_revealjs._ext.notes import revealjs_notes

from slopes.explorer import SCRIPT, STYLE

WEB = Path(__file__).parents[2] / "web"

project = "Slopes"
author = "the authors of the book"
extensions = ["myst_parser", "sphinx_revealjs", "sphinxcontrib.katex", "bookcheck"]
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath", "attrs_block"]
# A deck is a row of slides, each with a heading of the first level.
suppress_warnings = ["myst.header"]

html_math_renderer = revealjs_html_math_renderer = "katex"
katex_prerender = True
katex_css_path = "katex/katex.min.css"
revealjs_static_path = [
    str(WEB / "fonts"),
    str(WEB / "styles"),
    str(Path(__file__).parent / "deck"),
]
revealjs_css_files = [
    "katex/katex.min.css",
    "formulas.css",
    "faces.css",
    "tokens.css",
    STYLE.name,
    "deck.css",
]
# After what they move.
revealjs_js_files = [(name, {"defer": "defer"}) for name in (SCRIPT.name, "deck.js")]
revealjs_style_theme = "white"
revealjs_use_section_ids = True
revealjs_script_conf = {
    "hash": True,
    "width": 1280,
    "height": 720,
    "margin": 0.04,
    "transition": "none",
    "slideNumber": "c/t",
    "controlsLayout": "edges",
    "controlsTutorial": False,  # the arrows would jump at first, onto the slide
    "center": False,
    "pdfSeparateFragments": False,
}
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]


def setup(app):
    """Keep the paragraphs and formulas of the speaker's notes; the extension writes plain words."""

    def begin(writer, node):
        writer.body.append('<aside class="notes">')

    def end(writer, node):
        writer.body.append("</aside>")

    app.add_node(revealjs_notes, override=True, revealjs=(begin, end))
