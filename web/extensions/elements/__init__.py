"""Sphinx extension: the book's own elements, made of what the notebooks hold in plain MyST.

| module | what it makes |
|---|---|
| `markup` | elements of HTML that docutils has no node for |
| `facts` | what is known of each page: its report, its minutes, its exercises, what it needs |
| `checked` | the badge of a page, the tick at an equation |
| `formulas` | formulas in the text, displays with their numbers and marks |
| `setting` | the rows of a display, and where a formula may break |
| `ties` | words that stay together |
| `opening` | eyebrow, title, promise, facts, "You will / You need" |
| `derivation` | numerals of steps, Let and Case, remarks in the margin |
| `code` | folds, with a word on what the code does; lines that hang where they wrap |
| `exercises` | one card from the question to the solution |
| `questions` | quick questions |
| `tables` | tables, whose numbers stand in line; the letters of a glossary |
| `works` | below each work, the pages that cite it |
| `captions` | a caption that is taller than its figure stands below it |
| `start` | the cover, the map of the chapters, explorers in a page without cells |
"""

from elements import (
    captions,
    code,
    derivation,
    exercises,
    facts,
    formulas,
    markup,
    opening,
    questions,
    start,
    tables,
    ties,
    works,
)


def setup(app):
    """Connect to Sphinx."""
    app.add_node(markup.Tag, html=(markup.visit_tag, markup.depart_tag))
    app.add_node(markup.Heading, html=(markup.visit_heading, markup.depart_heading))
    app.add_html_math_renderer(
        "checked", (formulas.visit_inline, None), (formulas.visit_display, None)
    )
    app.add_env_collector(facts.Collector)
    app.add_directive("explorer", start.Explorer)
    app.add_directive("quizzes", questions.Quizzes)
    app.add_directive("chapter-map", start.ChapterMap)
    app.add_transform(tables.Captions)
    for transform in (
        opening.Opening,
        start.Start,
        questions.InOrder,
        derivation.Derivation,
        exercises.Exercises,
        code.Code,
        tables.Tables,
        tables.Letters,
        works.CitedIn,
        captions.Captions,
        ties.Ties,
    ):
        app.add_post_transform(transform)
    code.use_lines()
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
