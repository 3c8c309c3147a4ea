"""An exercise as one card, from its question to its solution."""

from __future__ import annotations

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_design.shared import is_component
from sphinx_exercise.nodes import is_exercise_node, solution_node

from elements.code import fold
from elements.markup import put, tag, unseen
from live import answer

LEVELS = {"level-1": "warm-up", "level-2": "work", "level-3": "challenge"}
CIRCLES = '<svg viewBox="0 0 38 12" aria-hidden="true">{}</svg>'
CIRCLE = '<circle cx="{}" cy="6" r="4.4" class="{}"/>'


class Exercises(SphinxPostTransform):
    """Gather what belongs to an exercise: its question, its cells, its solution."""

    default_priority = 180  # after the titles are known, before the folds are made
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the exercises and solutions of one page."""
        for exercise in list(self.document.findall(is_exercise_node)):
            make_card(exercise, self.env)
        for solution in list(self.document.findall(solution_node)):
            unwrap(solution)
            put(fold_solution(solution, self.env), solution)


def make_card(exercise: nodes.Element, env) -> None:
    """Put an exercise, with what follows up to the end of its solution, into one card.

    What is folded, its hints and its solution, stands at the end, in one row.
    """
    unwrap(exercise)
    parent, place = exercise.parent, exercise.parent.index(exercise)
    members = belonging(exercise)
    for cell in members:
        show_state(cell)
    hints = [node for node in exercise.children if is_component(node, "dropdown")]
    solutions = [node for node in members if isinstance(node, solution_node)]
    folds = [*hints, *solutions]
    content = [node for node in [*exercise.children[1:], *members] if node not in folds]
    card = tag(
        "section",
        header(exercise, env),
        *content,
        tag("div", *folds, classes=["folds"]),
        classes=["card-exercise", *LEVELS.keys() & exercise["classes"]],
        ids=exercise["ids"],
    )
    parent[place : place + 1 + len(members)] = [card]


def belonging(exercise: nodes.Element) -> list[nodes.Node]:
    """Return the nodes behind an exercise up to its solution, or else its cells."""
    after = exercise.parent[exercise.parent.index(exercise) + 1 :]
    cells = []
    for count, node in enumerate(after, 1):
        if isinstance(node, solution_node) and node.get("target_label") == exercise["label"]:
            return after[:count]
        if is_exercise_node(node) or isinstance(node, solution_node | nodes.section):
            break
        if len(cells) == count - 1 and node.get("nb_element") == "cell_code":
            cells.append(node)
    return cells


def header(exercise: nodes.Element, env) -> nodes.Element:
    """Return the line above the question: number, name, level."""
    parts = [tag("span", called(exercise["label"], env), classes=["no"])]
    # The name stands in brackets behind the number, as sphinx-exercise writes it.
    name = exercise[0].children[1:-1]
    if name:
        parts.append(tag("b", *name))
    level = next((name for name in LEVELS if name in exercise["classes"]), None)
    if level:
        filled = list(LEVELS).index(level) + 1
        circles = (
            CIRCLE.format(6 + 13 * k, "on" if k < filled else "off") for k in range(len(LEVELS))
        )
        drawing = nodes.raw("", CIRCLES.format("".join(circles)), format="html")
        parts.append(tag("span", drawing, tag("span", words=LEVELS[level]), classes=["level"]))
    return tag("header", *parts)


def called(label: str, env) -> str:
    """Return what an exercise is called on its page: "Exercise 6.1"."""
    number = env.toc_fignumbers.get(env.docname, {}).get("exercise", {}).get(label, ())
    return f"Exercise {'.'.join(map(str, number))}".strip()


def show_state(cell: nodes.Element) -> None:
    """Make room for what becomes of an answer, in place of what the cell printed without one."""
    if cell.get("nb_element") == "cell_code" and answer(cell[0].astext()):
        kept = [node for node in cell.children[1:] if node.next_node(nodes.figure)]
        cell.children = [cell[0]]
        cell += [tag("p", classes=["state"]), *kept]


def fold_solution(solution: solution_node, env) -> nodes.Element:
    """Return the fold for a solution."""
    of = unseen(f" to {called(solution['target_label'], env)}")
    inside = tag("div", *solution.children[1:], classes=["inside"])
    return fold(["Solution", of], inside, classes=["solution"], ids=solution["ids"])


def unwrap(node: nodes.Element) -> None:
    """Take the content out of a section whose id is the same in all exercises."""
    for section in [child for child in node if isinstance(child, nodes.section)]:
        place = node.index(section)  # not replace_self, which hands the id on
        node[place : place + 1] = section.children
