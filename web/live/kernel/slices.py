"""What a cell needs of the cells above it, found by reading them, without running any.

A notebook runs its cells in one memory, in the order in which somebody pressed them. Here each run
begins with an empty memory: the statements above that the cell depends on run first, and no others,
so that the output is the same however often, and in whatever order, cells are run.

A statement above is needed if it binds a name that is wanted, or if it may change the object behind
one. What a statement may change is judged generously: one too many costs time, one too few is wrong.
"""

from __future__ import annotations

import ast
import symtable
from dataclasses import dataclass, field
from functools import cached_property

# The package whose functions, called by their bare names, look at their arguments and change nothing.
OWN = "slopes"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# A statement of one of these kinds binds its names whatever happens; a loop or a branch may not.
ALWAYS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom, *DEFINITIONS)


@dataclass
class Statement:
    """A statement at the top level of a cell."""

    cell: int
    node: ast.stmt
    source: str
    late: set[str] = field(
        default_factory=set
    )  # global names that its functions look up when called
    loads: set[str] = field(default_factory=set)  # those, and the ones that it looks up at once
    binds: set[str] = field(default_factory=set)

    def __post_init__(self):
        # A module of this statement alone: Python's own symbol table knows what is local to what.
        table = symtable.symtable(self.source, "<cell>", "exec")
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                self.binds.add(name)
            if symbol.is_referenced():
                self.loads.add(name)
        # The table does not count x += 1 as a use of x, wherever in the statement it stands.
        changed = (n for n in own_nodes(self.node) if isinstance(n, ast.AugAssign))
        self.loads |= {root(node.target) for node in changed} - {None}
        inside = table.get_children()
        while inside:
            part = inside.pop()
            inside += part.get_children()
            for symbol in part.get_symbols():
                if symbol.is_global():
                    self.late.add(symbol.get_name())
                    if symbol.is_assigned():
                        self.binds.add(symbol.get_name())
        self.loads |= self.late

    @cached_property
    def imports(self) -> dict[str, str]:
        """The names that it imports, each with the module they are from."""
        if isinstance(self.node, ast.Import):
            return {a.asname or a.name.partition(".")[0]: a.name for a in self.node.names}
        if isinstance(self.node, ast.ImportFrom):
            return {a.asname or a.name: self.node.module or "" for a in self.node.names}
        return {}

    def only(self, wanted: set[str]) -> ast.stmt:
        """Return the statement, an import cut down to the names that are wanted."""
        if not self.imports:
            return self.node
        names = [a for a in self.node.names if (a.asname or a.name.partition(".")[0]) in wanted]
        if isinstance(self.node, ast.Import):
            part = ast.Import(names)
        else:
            part = ast.ImportFrom(self.node.module, names, self.node.level)
        return ast.copy_location(part, self.node)


def statements(sources: dict[int, str]) -> tuple[list[Statement], dict[int, SyntaxError]]:
    """Split cells into statements; return them, and the errors of cells that cannot be read."""
    found, errors = [], {}
    for cell, source in sources.items():
        try:
            body = ast.parse(source, f"<cell {cell}>").body
            found += [Statement(cell, n, ast.get_source_segment(source, n) or "") for n in body]
        except SyntaxError as error:
            errors[cell] = error
    return found, errors


def root(node: ast.expr) -> str | None:
    """Return the name at the beginning of ``name.attribute[index].method``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def own_nodes(node: ast.AST):
    """Walk a statement, but not into the functions and classes that it defines."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*DEFINITIONS, ast.Lambda)):
            yield from own_nodes(child)


class Changes:
    """Which objects each statement may change, told by the names that lead to them."""

    def __init__(self, every: list[Statement]):
        self.imported = {}
        self.defined = {}
        for statement in every:
            self.imported |= statement.imports
            if isinstance(statement.node, DEFINITIONS):
                self.defined[statement.node.name] = statement

    def of(self, statement: Statement) -> set[str]:
        """Return the names of what a statement may change, besides those that it binds."""
        if isinstance(statement.node, (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assert)):
            return set()
        alone = isinstance(statement.node, ast.Expr)
        found = self._in(own_nodes(statement.node), alone, {statement.node})
        return {name for name in found if name not in self.imported}

    def _in(self, nodes, alone, seen) -> set[str]:
        found = set()
        for node in nodes:
            if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(
                node.ctx, ast.Load
            ):
                found.add(root(node))
            if isinstance(node, ast.Call):
                found |= self._call(node, alone, seen)
        return found - {None}

    def _call(self, call, alone, seen) -> set[str]:
        name = root(call.func)
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        given = {root(argument) for argument in arguments}
        if isinstance(call.func, ast.Attribute):
            # A method may change its object, and, if nobody looks at its result, its arguments.
            return {name} | (given if alone else set())
        definition = self.defined.get(name)
        if definition is not None:
            # A function of the notebook may change what it is given, and what it names itself.
            if definition.node in seen:
                return given
            body = [n for s in definition.node.body for n in ast.walk(s)]
            inside = self._in(body, True, seen | {definition.node})
            return given | (inside & definition.loads)
        checks = self.imported.get(name, "").partition(".")[0] == OWN
        return given if alone and name != "print" and not checks else set()


def needed(sources: dict[int, str], at: int) -> tuple[list[tuple[int, ast.stmt]], dict]:
    r"""Find what has to run before a cell.

    Parameters
    ----------
    sources : dict of int to str
        The cell, and those above it that it may use, by their places on the page, in order.
    at : int
        The place of the cell.

    Returns
    -------
    list of (int, ast.stmt)
        The statements, in order, each with the place of its cell.
    dict of int to SyntaxError
        Cells above that cannot be read.

    Raises
    ------
    SyntaxError
        If the cell itself cannot be read.

    Examples
    --------
    >>> cells = ["import math", "r = 2", "area = math.pi * r**2", "r = 3", "print(area)", "area"]
    >>> [cell for cell, _ in needed(dict(enumerate(cells)), 5)[0]]
    [0, 1, 2]
    >>> cells = ["names = []", "names.append('x')", "len(names)"]
    >>> [cell for cell, _ in needed(dict(enumerate(cells)), 2)[0]]
    [0, 1]
    >>> cells = ["total = 0", "for n in range(3):\n    total += n", "total"]
    >>> [cell for cell, _ in needed(dict(enumerate(cells)), 2)[0]]
    [0, 1]
    """
    every, errors = statements(sources)
    if at in errors:
        raise errors[at]
    above = [s for s in every if s.cell < at]
    changes = Changes(every)
    wanted, late = set(), set()
    for statement in every:
        if statement.cell == at:
            wanted |= statement.loads
            late |= statement.late
    while True:
        found = pick(above, wanted, late, changes)
        more = set().union(*(s.late for s, _ in found)) - late
        if not more:
            return [(s.cell, s.only(names)) for s, names in reversed(found)], errors
        # What a function looks up may be bound after the function: look again.
        late |= more


def pick(above, wanted, late, changes):
    """Go up from a cell; return what is needed, lowest first, with the names wanted of each."""
    wanted, found = wanted | late, []
    for statement in reversed(above):
        bound = statement.binds & wanted
        if not bound and not changes.of(statement) & wanted:
            continue
        found.append((statement, bound))
        if isinstance(statement.node, ALWAYS):
            wanted = wanted - (bound - late)
        if not statement.imports:
            wanted = wanted | statement.loads
    return found
