r"""Reading total differentials: ``df = 3x^2\\,dx`` and ``dL = L_x\\,dx + L_y\\,dy``.

The parser sees a product of d and x. Where each side of a relation has one, and the page uses d for
nothing else, ``dx`` is a name of its own for a variable, and ``df`` the sum of the partial
derivatives of f, each times the differential of its variable.
"""

from dataclasses import replace

from . import tree as t

D = t.Symbol("d")


def differentials(sides, meaning):
    """The sides of a chain with their differentials read, if each of them has some."""
    if len(sides) < 2 or meaning.lookup("d") is not None or "d" in meaning.sizes:
        return sides
    if not all(_has(side.node) for side in sides):
        return sides
    return [replace(side, node=_read(side.node, meaning), others=[]) for side in sides]


def _has(node):
    """Whether d stands before a name somewhere, and nowhere else."""
    found = False
    for item in node.walk():
        if isinstance(item, t.Multiply):
            for one, other in zip(item.factors, item.factors[1:], strict=False):
                found = found or (one == D and _is_name(other))
    return found and _lone(node) == 0


def _lone(node):
    """How often d stands for itself."""
    if node == D:
        return 1
    if not isinstance(node, t.Multiply):
        return sum(_lone(child) for child in node.children())
    pairs = zip(node.factors, (*node.factors[1:], t.Number("1")), strict=True)
    return sum(_lone(one) for one, other in pairs if not (one == D and _is_name(other)))


def _is_name(node):
    return isinstance(node, t.Symbol | t.Element | t.Apply) and node != D


def _read(node, meaning):
    if not isinstance(node, t.Multiply):
        return t.rebuild(node, lambda child: _read(child, meaning))
    factors, place = [], 0
    while place < len(node.factors):
        factor = node.factors[place]
        if factor == D and place + 1 < len(node.factors):
            factors.append(_differential(node.factors[place + 1], meaning))
            place += 2
        else:
            factors.append(_read(factor, meaning))
            place += 1
    return factors[0] if len(factors) == 1 else t.Multiply(tuple(factors))


def _differential(node, meaning):
    """D of a variable is a name; d of anything else is made of those of its variables."""
    if isinstance(node, t.Symbol) and node.bold:
        return t.Multiply((D, node))
    whole, names = node, meaning.outer_variables(node)
    definition = meaning.lookup(node.name) if isinstance(node, t.Symbol) else None
    if definition is not None and definition.kind in ("function", "unknown"):
        names = list(definition.parameters) or names
        whole = t.Apply(t.Function(node.name), tuple(t.Symbol(n) for n in names))
    if names == [getattr(node, "name", None)] or not names:
        return t.Symbol(f"d{getattr(node, 'name', '')}") if names else t.Multiply((D, node))
    terms = [
        t.Multiply((t.Derivative(whole, ((t.Symbol(name), 1),), True), t.Symbol(f"d{name}")))
        for name in names
    ]
    meaning.known |= {f"d{name}" for name in names}
    return terms[0] if len(terms) == 1 else t.Add(tuple(terms))
