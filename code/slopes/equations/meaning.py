r"""What the names of a page mean: the table that the scope fills and the evaluator reads.

Nothing in here decides what a name means; that is done by `scope`. Names are unique for a page: a
second meaning of u has another name (``u~2``), and what was defined with the first keeps the first.
"""

from dataclasses import dataclass, field

from . import tree as t


@dataclass
class Definition:
    """What a name, unique on its page, stands for.

    Its `kind` is 'value' (``u := …``, a number, vector or matrix), 'function' (``f(x) := …``),
    'elements' (``S_i := …``, also a recurrence) or 'smooth' (any differentiable function).
    """

    name: str
    kind: str
    body: t.Node | None = None  # None for 'smooth'
    parameters: tuple = ()
    vectors: tuple = ()  # which parameters are vectors
    indices: tuple = ()  # of 'elements', and of functions with an index (q_i(T) := …)
    conditions: tuple = ()  # where it was defined, if not everywhere
    starts: dict = field(default_factory=dict)  # of a recurrence: values of its first elements

    @property
    def is_function(self):
        """Whether the name is a function: something that brackets behind it call."""
        return self.kind in ("function", "smooth")

    @property
    def recurs(self):
        """Whether the name is a recurrence: elements that are given by others."""
        return self.kind == "elements" and self.name in t.names_in(self.body)


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
    def __init__(self):
        self.table = {}  # name: Definition; a free name, and one with a fixed meaning, has none
        self.families = {}  # free arrays with their number of indices: 1 a vector, 2 a matrix
        self.extents = {}  # (array, place of an index): its upper end, as declared or as used
        self.ranges = {}  # index letter: its upper end
        self.sizes = []  # names that are upper ends of indices, in the order of their first use
        self.shaped = set()
        self.kinks = {}  # (function, order of its derivative): (point, value) pairs of a Let

    def note(self, *nodes):
        """Learn from what was read how far its indices run, and which names are sizes."""
        for item in (x for node in nodes for x in node.walk()):
            if isinstance(item, t.Big | t.Listing | t.IndexRange) and item.upper is not None:
                self._note_size(item.upper)
                self.ranges[item.index] = item.upper
                for place in places_of(item.index, getattr(item, "body", item)):
                    self.extents.setdefault(place, item.upper)

    def shape(self, name, ends):
        r"""Enter a declared shape: ``W \in \mathbb{R}^{m \times n}``."""
        self.shaped.add(name)
        self.families[name] = len(ends)
        for place, end in enumerate(ends):
            self._note_size(end)
            self.extents[name, place] = end

    def element_of(self, node):
        """(definition, indices) of an element at given numbers, v_0; (None, ()) of anything else."""
        match node:
            case t.Element(t.Symbol(name), indices) if all(type(x) is t.Number for x in indices):
                return self.table.get(name), tuple(int(x.text) for x in indices)
        return None, ()

    def _note_size(self, upper):
        for item in upper.walk():
            if isinstance(item, t.Symbol) and item.name not in (*self.sizes, *self.table):
                self.sizes.append(item.name)

    def end_of_index(self, index, *nodes):
        """The upper end of an index, from where it stands in the nodes; None where nothing tells."""
        found = (self.extent(*place) for node in nodes for place in places_of(index, node))
        return next(filter(None, found), self.ranges.get(index))

    def extent(self, name, place, depth=0):
        """The upper end of the index at a place of an array; of a defined one through its body."""
        known = self.table.get(name)
        if (name, place) in self.extents or known is None or known.body is None or depth > 6:
            return self.extents.get((name, place))
        index = known.indices[place] if place < len(known.indices) else None
        others = (x for x in places_of(index, known.body) if x[0] != name)
        return next(filter(None, (self.extent(*x, depth + 1) for x in others)), None)

    def leaves(self, *nodes):
        """Everything that expressions depend on, through all definitions."""
        found = Leaves()
        for node in nodes:
            self._collect(node, frozenset(), found)
        return found

    def reach(self, key):
        """All names that a name (or an element, a name with indices) depends on, and itself."""
        name = key if type(key) is str else key[0]
        leaves = self.leaves(t.Symbol(name))
        return leaves.names | leaves.smooth | leaves.indices | leaves.sizes | {name}

    def _collect(self, node, bound, found, alone=None):
        # Which children are indices; what names in the others are bound, and belong to.
        counted, inner, free = (), bound, None
        match node:
            case t.Symbol(name):
                if name not in bound:
                    self._collect_name(name, found, alone)
                return
            case t.Function(name):
                self._collect_definition(name, found)
                return
            case t.Element(_, counted) | t.Kronecker(counted):
                free = found.families
            case t.IndexRange(index, _, upper):
                found.indices.add(index)
                found.sizes |= t.names_in(upper) & set(self.sizes)
                return
            case t.At(body, variable, value):
                inner = self.leaves(body)
                inner.scalars -= bound | {getattr(variable, "name", "")}
                for kind, names in vars(inner).items():
                    getattr(found, kind).update(names)
                self._collect(value, bound, found)
                return
            case t.Big(index=index, upper=upper) | t.Listing(index=index, upper=upper):
                counted, inner = (getattr(node, "lower", None), upper), bound | {index}
            case t.Integral(variable) | t.Limit(variable):
                inner = bound | {variable}
        for child in node.children():
            if any(child is index for index in counted):
                for name in t.names_in(child) - bound - self.table.keys():
                    (found.sizes if name in self.sizes else found.indices).add(name)
            else:
                self._collect(child, inner, found, free)

    def _collect_name(self, name, found, free=None):
        """A name; one without a meaning belongs to `free`, where it is told by an index below it."""
        known = self.table.get(name)
        if known is not None:
            self._collect_definition(name, found)
            for parameter in known.parameters if known.is_function else ():
                self._collect_name(parameter, found)
        elif free is not None:
            free.add(name)
        elif name in self.sizes:
            found.sizes.add(name)
        else:
            (found.families if name in self.families else found.scalars).add(name)

    def _collect_definition(self, name, found):
        known = self.table.get(name)
        if known is None or name in found.definitions:
            return
        found.definitions.add(name)
        if known.kind == "smooth":
            found.smooth.add(name)
        if known.body is not None:
            bound = frozenset((*known.parameters, *known.indices))
            for body in (known.body, *known.starts.values()):
                self._collect(body, bound, found)


def places_of(index, node):
    """(array, place) of each element in a tree whose index at that place is the given letter."""
    wanted = t.Symbol(index)
    for item in node.walk():
        if isinstance(item, t.Element) and isinstance(item.base, t.Symbol):
            for place, used in enumerate(item.indices):
                if used == wanted:
                    yield item.base.name, place
