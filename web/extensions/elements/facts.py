"""What the pages say of themselves: their reports, how long they take, what they need.

It is collected while the sources are read, since the start page tells it of all chapters.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.environment.collectors import EnvironmentCollector
from sphinx_exercise.nodes import is_exercise_node

from elements.markup import bold
from slopes.equations.report import MIME

OPENING = "admonition-before-you-start"
REPORT = "report"  # the name of the place that badges and ticks lead to
NEEDS, TIME = "What you need.", "Time."
UNCHECKED = {"verdict": "unchecked"}


@dataclass
class Facts:
    """What is known of one page.

    Its counts are the checker's: how many relations in its displays are verified, defined, and so on;
    those of a display that the report does not know are "unchecked". Its needs are names of pages.
    """

    counts: Counter = field(default_factory=Counter)
    minutes: int = 0
    exercises: int = 0
    needs: list[str] = field(default_factory=list)

    @property
    def asked(self) -> str:
        """How many exercises it has, in words.

        >>> Facts(exercises=1).asked
        '1 exercise'
        """
        return f"{self.exercises} {'exercise' if self.exercises == 1 else 'exercises'}"


def contents(env) -> Iterator[tuple[str, str]]:
    """Yield the pages in the order of the book, each behind the caption of its part."""
    for tree in env.external_site_map.root.subtrees:
        for name in tree.items:
            yield tree.caption or "", str(name)


class Collector(EnvironmentCollector):
    """Keeps the facts of each page with the other things that are known of the sources."""

    def clear_doc(self, app, env, docname):
        """Forget a page."""
        known(env).pop(docname, None)

    def merge_other(self, app, env, docnames, other):
        """Take over what another process has read."""
        known(env).update({name: known(other)[name] for name in docnames if name in known(other)})

    def process_doc(self, app, doctree):
        """Note what is said of a page, and mark its displays with what became of them."""
        docname = app.env.docname
        facts = known(app.env)[docname] = Facts()
        facts.counts = mark_displays(doctree, Path(app.env.doc2path(docname)))
        facts.exercises = len(list(doctree.findall(is_exercise_node)))
        said = opening(doctree)
        found = re.search(r"\d+", said[TIME].astext()) if TIME in said else None
        facts.minutes = int(found[0]) if found else 0
        links = said[NEEDS].findall(addnodes.pending_xref) if NEEDS in said else ()
        facts.needs = list(dict.fromkeys(link["reftarget"] for link in links))

    def get_updated_docs(self, app, env):
        """Write the start page again, which tells of all."""
        return [app.config.root_doc]


def known(env) -> dict[str, Facts]:
    """Return the facts of all pages that were read."""
    if not hasattr(env, "slopes_facts"):
        env.slopes_facts = {}
    return env.slopes_facts


def opening(doctree: nodes.document) -> dict[str, nodes.paragraph]:
    """Return the paragraphs of "Before you start", by their bold beginnings."""
    for box in doctree.findall(nodes.admonition):
        if OPENING in box["classes"]:
            return {name.astext(): name.parent for name in map(bold, box.children[1:]) if name}
    return {}


def mark_displays(doctree: nodes.document, path: Path) -> Counter:
    """Give each display of a page what its report says of it; return what became of all of them.

    A report speaks of the formulas that it has read, so a display is found by its LaTeX. One that stands
    there several times was judged in several places, in the same order.
    """
    if path.suffix != ".ipynb":
        return Counter()
    place, said = report(path)
    counts = Counter()
    for display in doctree.findall(nodes.math_block):
        if computed(display):
            continue
        found = said.get(" ".join(display.astext().split()))
        links = found.pop(0) if found else [UNCHECKED]
        counts.update(link["verdict"] for link in links)
        if said:
            display["judged"] = links
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and cell["cell_index"] == place:
            cell["ids"].append(REPORT)
    return counts


def report(path: Path) -> tuple[int | None, dict[str, list[list[dict]]]]:
    """Return the place of the cell that shows a notebook's own report, and what that says, by LaTeX.

    It says of each display what became of its links, in the form of `slopes verify --json`. The outputs
    that a notebook stores are compared with what the code gives today by the tests.
    """
    place, said = None, {}
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        for output in cell.get("outputs", []):
            found = output.get("data", {}).get(MIME)
            if found and found["path"] == path.name and place is None:
                place = number
                for display in found["equations"]:
                    said.setdefault(display["latex"], []).append(display["links"])
    return place, said


def computed(node: nodes.Node) -> bool:
    """Whether a node is what a cell showed."""
    while node is not None:
        if isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code_output":
            return True
        node = node.parent
    return False
