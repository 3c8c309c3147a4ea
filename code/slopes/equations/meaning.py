r"""What the names of a page mean: the table that the scope fills and the evaluator reads.

Nothing in here decides what a name means; that is done by `scope`, from declarations and
definitions. Names are unique for a page: where a page gives u a second meaning, that meaning has
another name (``u~2``) in the trees, so that what was defined with the first keeps the first.
"""

from dataclasses import dataclass, field

from . import tree as t


@dataclass
class Definition:
    """What a name stands for.

    Attributes
    ----------
    name : str
        Unique on its page.
    kind : str
        'value' (``u := …``, a number, vector or matrix), 'function' (``f(x) := …``), 'elements'
        (``S_i := …``, also a recurrence) or 'smooth' (any differentiable function of `parameters`).
    body : tree.Node or None
        None for 'smooth'.
    parameters : tuple of str
    vectors : tuple of bool
        Which parameters are vectors.
    indices : tuple of str
        Of 'elements', and of functions with an index (``q_i(T) := …``).
    conditions : tuple of tree.Node
        Where it was defined, if not everywhere.
    """

    name: str
    kind: str
    body: t.Node | None = None
    parameters: tuple = ()
    vectors: tuple = ()
    indices: tuple = ()
    conditions: tuple = ()

    @property
    def is_function(self):
        """Whether the name is a function: something that brackets behind it call."""
        return self.kind in ("function", "smooth")


@dataclass
class Leaves:
    """What an expression depends on, through all definitions."""

    scalars: set = field(default_factory=set)
    families: set = field(default_factory=set)
    smooth: set = field(default_factory=set)
    indices: set = field(default_factory=set)
    sizes: set = field(default_factory=set)
    definitions: set = field(default_factory=set)

    @property
    def names(self):
        """All names that a derivative could be taken by."""
        return self.scalars | self.families | self.definitions


class Meaning:
    """The names of a page, and what is assumed about its variables.

    Attributes
    ----------
    table : dict of str to Definition
    families : dict of str to int
        Free arrays, with their number of indices: 1 for a vector, 2 for a matrix.
    extents : dict of (str, int) to tree.Node
        The upper end of the index at a place of an array, as it was declared or is used.
    ranges : dict of str to tree.Node
        The upper end of an index letter.
    sizes : list of str
        Symbols that are upper ends of indices, in the order of their first use.
    conditions : list of tree.Node
        What is assumed at the place that is being read.
    kinks : dict of (str, int) to list of (tree.Node, tree.Node)
        Function and order of its derivative, to points with the values that a Let gives there.
    """

    def __init__(self):
        self.table = {}
        self.families = {}
        self.extents = {}
        self.ranges = {}
        self.sizes = []
        self.conditions = []
        self.kinks = {}

    def lookup(self, name):
        """The definition of a name, or None where it is free or has a fixed meaning."""
        return self.table.get(name)

    def define(self, definition):
        """Enter a definition."""
        self.table[definition.name] = definition
        return definition

    def is_array(self, name):
        """Whether a name stands for a free vector or matrix as a whole."""
        return name in self.families and name not in self.table

    def is_matrix(self, name):
        """Whether the elements of a free array have two indices."""
        return self.families.get(name) == 2

    # -- what formulas show of sizes ----------------------------------------------------------------

    def note(self, node):
        """Learn from an expression that was read how far its indices run, and which names are sizes."""
        for item in node.walk():
            if isinstance(item, t.Big | t.Listing) and item.upper is not None:
                self._note_size(item.upper)
                self._note_extents(item.index, item.upper, item.body)
            elif isinstance(item, t.IndexRange):
                self._note_size(item.upper)
                self.ranges[item.index] = item.upper
            elif isinstance(item, t.Element) and isinstance(item.base, t.Symbol):
                name = item.base.name
                if name not in self.table:
                    self.families[name] = max(self.families.get(name, 0), len(item.indices))

    def shape(self, name, ends):
        r"""Enter a declared shape: ``W \in \mathbb{R}^{m \times n}``."""
        self.families[name] = len(ends)
        for place, end in enumerate(ends):
            self._note_size(end)
            self.extents[name, place] = end

    def _note_size(self, upper):
        for item in upper.walk():
            if isinstance(item, t.Symbol) and item.name not in (*self.sizes, *self.table):
                self.sizes.append(item.name)

    def _note_extents(self, index, upper, body):
        self.ranges[index] = upper
        for item in body.walk():
            if isinstance(item, t.Element) and isinstance(item.base, t.Symbol):
                for place, used in enumerate(item.indices):
                    if used == t.Symbol(index):
                        self.extents.setdefault((item.base.name, place), upper)

    def end_of_index(self, index, *nodes):
        """The upper end of an index, from where it stands in the nodes; None where nothing tells."""
        for node in nodes:
            for item in node.walk():
                if isinstance(item, t.Element) and isinstance(item.base, t.Symbol):
                    for place, used in enumerate(item.indices):
                        if used == t.Symbol(index):
                            found = self.extent(item.base.name, place)
                            if found is not None:
                                return found
        return self.ranges.get(index)

    def extent(self, name, place, depth=0):
        """The upper end of the index at a place of an array; of a defined one through its body."""
        known = self.table.get(name)
        if (name, place) in self.extents or known is None or known.body is None or depth > 6:
            return self.extents.get((name, place))
        if place >= len(known.indices):
            return None
        index = t.Symbol(known.indices[place])
        for item in known.body.walk():
            if isinstance(item, t.Element) and isinstance(item.base, t.Symbol):
                for where, used in enumerate(item.indices):
                    if used == index and item.base.name != name:
                        found = self.extent(item.base.name, where, depth + 1)
                        if found is not None:
                            return found
        return None

    # -- what an expression depends on --------------------------------------------------------------

    def leaves(self, *nodes, stop=()):
        """Everything that expressions depend on, through all definitions but those in `stop`."""
        found = Leaves()
        for node in nodes:
            self._collect(node, frozenset(), found, stop)
        return found

    def _collect(self, node, bound, found, stop):
        if isinstance(node, t.Symbol):
            if node.name not in bound:
                self._collect_name(node.name, found, stop)
            return
        if isinstance(node, t.Function):
            self._collect_definition(node.name, found, stop)
            return
        if isinstance(node, t.Element | t.Kronecker):
            for index in node.indices:
                self._collect_index(index, bound, found)
            if isinstance(node, t.Element) and node.base != t.Symbol(
                getattr(node.base, "name", "")
            ):
                self._collect(node.base, bound, found, stop)
            elif isinstance(node, t.Element) and node.base.name not in bound:
                self._collect_base(node.base.name, found, stop)
            return
        if isinstance(node, t.IndexRange):
            found.indices.add(node.index)
            found.sizes |= {n for n in t.names_in(node.upper) if n in self.sizes}
            return
        if isinstance(node, t.At):
            inner = self.leaves(node.body, stop=stop)
            given = {name.name for name, _ in node.assignments if isinstance(name, t.Symbol)}
            inner.scalars -= given | bound
            for kind in vars(found):
                getattr(found, kind).update(getattr(inner, kind))
            for _, value in node.assignments:
                self._collect(value, bound, found, stop)
            return
        if isinstance(node, t.Big | t.Listing):
            for end in (getattr(node, "lower", None), node.upper):
                if end is not None:
                    self._collect_index(end, bound, found)
            rest = [node.body, *([node.condition] if getattr(node, "condition", None) else [])]
            for child in rest:
                self._collect(child, bound | {node.index}, found, stop)
            return
        if isinstance(node, t.Integral | t.Antiderivative | t.Limit | t.Extremum):
            bound = bound | {node.variable}
        elif isinstance(node, t.Lambda):
            bound = bound | {node.parameter}
        for child in node.children():
            self._collect(child, bound, found, stop)

    def _collect_index(self, node, bound, found):
        for item in node.walk():
            if (
                isinstance(item, t.Symbol)
                and item.name not in bound
                and item.name not in self.table
            ):
                (found.sizes if item.name in self.sizes else found.indices).add(item.name)

    def _collect_name(self, name, found, stop):
        known = self.table.get(name)
        if known is not None:
            self._collect_definition(name, found, stop)
            if known.is_function and name not in stop:
                for parameter in known.parameters:
                    self._collect_name(parameter, found, stop)
        elif name in self.sizes:
            found.sizes.add(name)
        else:
            (found.families if name in self.families else found.scalars).add(name)

    def _collect_base(self, name, found, stop):
        """The name of an element: a function with an index stands at its own parameters."""
        if name in self.table:
            self._collect_name(name, found, stop)
        else:
            found.families.add(name)

    def _collect_definition(self, name, found, stop):
        known = self.table.get(name)
        if known is None or name in found.definitions:
            return
        found.definitions.add(name)
        if name in stop:
            return
        if known.kind == "smooth":
            found.smooth.add(name)
        if known.body is not None:
            bound = frozenset((*known.parameters, *known.indices))
            self._collect(known.body, bound, found, stop)
