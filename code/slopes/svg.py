"""A figure as light as it can be without showing it: curves of few pieces, and digits that can be seen.

Matplotlib writes a curve as the points that it was drawn through, and a letter as many short arcs. Here
both become the few cubic curves that stay within a hair of them. All arithmetic is that of Python's own
numbers, so that every processor gets the same digits.
"""

from __future__ import annotations

import hashlib
import math
import re
from functools import cache
from itertools import pairwise

__all__ = ["lighten"]

# A letter comes in 6400 units to its height, and keeps one in 32 of them, a tenth of a pixel.
_LETTER = re.compile(r'd="(M[^"]*)" transform="scale\(0\.015625\)"')
_PATH = re.compile(r'd="(M[^"]*)"')
_FORMULA = re.compile(r'(<g style="fill: (#\w+))("[^>]*>(?:(?!</g>).)*#Cm)', re.DOTALL)
#: A path's turn from one piece to the next by more than this is a corner, as a cosine: 20 degrees.
_CORNER = 0.94
#: How far a curve may lie from what was drawn, in units of its last digit.
_HAIR = 0.8
#: The face of formulas is thinner here than on a page: its letters get an outline, in units of a letter.
_BOLD = "[id^=Cm]{stroke-width:2.4}[id^=Slopes]{stroke:none}"
#: A page turns its figures into negatives in the dark; a picture of paper is turned once more, and
#: dimmed, but not its ink.
_DARK = "@media(prefers-color-scheme:dark){image[id^=paper]{filter:invert(.78)brightness(1.2)}}"


def lighten(svg):
    r"""Return an SVG figure of Matplotlib's as a page needs it, and without what nobody can see.

    Coordinates keep one decimal, a tenth of a point. Names that nothing refers to go; clipping areas,
    which Matplotlib names after all digits of theirs, are named after what is left. What is light
    already stays as it is.

    >>> lighten('<path d="M 0 0 \nL 1.004 0 \nL 2 0.001 \nL 2 3 \n"/>')
    '<path d="m0 0h2v3"/>'
    """

    def rounded(found):
        text = found.group()
        # Comments hold the words of a figure. A factor stretches what it is applied to.
        if text.startswith(("<!--", "scale", "d=")):
            return text
        return f"{float(text):z.1f}".removesuffix(".0")

    def placed(found):  # letters of a text, by the hundredth of its size
        return f"translate({float(found[1]):z.0f} {float(found[2]):z.0f})"

    svg = re.sub(r"<metadata>.*?</metadata>\s*|<!DOCTYPE[^>]*>\s*", "", svg, flags=re.DOTALL)
    svg = _LETTER.sub(lambda found: f'd="{_letter(found[1])}" transform="scale(0.5)"', svg)
    svg = _PATH.sub(lambda found: f'd="{_path(found[1], 10)}"', svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    svg = re.sub(r'(?<=" transform=")translate\((\S+) (\S+)\)(?=[^"]*"/>)', placed, svg)
    svg = re.sub(r'<!--.*?-->|\bd="[^"]*"|scale\([^)]*\)|-?\d+\.\d{2,}', rounded, svg)
    svg = re.sub(r' id="(line2d|xtick|ytick)_\d+"', "", svg)
    svg = re.sub(r"<g/>\n", "", svg)
    svg = _FORMULA.sub(r"\1; stroke: \2\3", svg)
    rules = _BOLD * ("#Cm" in svg) + _DARK * ("<image" in svg)
    svg = svg.replace("</style>", rules + "</style>", 1)
    for name, area in re.findall(r'<clipPath id="(\w+)">(.*?)</clipPath>', svg, re.DOTALL):
        svg = svg.replace(name, "p" + hashlib.sha256(area.encode()).hexdigest()[:10])
    return svg


@cache
def _letter(d):
    return _path(d, 1 / 32)


def _path(d, units):
    """Return a path with relative coordinates, in as many units to one of its own as are whole."""
    write = _tenths if units == 10 else str
    text, here = "", (0, 0)
    for piece in re.findall(r"M[^M]*", d):
        start, segments = _segments(piece, units)
        first = _whole(start)
        text += "m" + _joined(map(write, _from(here, first)))
        here = first
        for curve in _simplified(segments):
            ends = [_whole(point) for point in curve[1:]]
            if ends[-1] != here:
                text += _command([_from(here, end) for end in ends], write)
            here = ends[-1]
        if "z" in piece:
            text, here = text + "z", first
    return text


def _segments(piece, units):
    """Return where a piece of a path starts, and its lines and curves with their ends and controls."""
    segments, here = [], None
    for command, numbers in re.findall(r"([MLQC])([^MLQCz]*)", piece):
        values = [float(number) * units for number in numbers.split()]
        points = list(zip(values[::2], values[1::2], strict=True))
        if command == "M":
            start = points[0]
        elif points[-1] != here or len(points) > 1:
            segments.append([here, *points])
        here = points[-1]
    return start, segments


def _simplified(segments):
    """Yield the lines and cubic curves, with their ends and controls, that a path can do with."""
    curved = any(len(segment) > 2 for segment in segments)
    smooth = []
    for segment in segments:
        # Among curves a line is one; a path of lines alone is a curve that was drawn point by point.
        straight = curved and len(segment) == 2
        if smooth and (straight or _turns(smooth[-1], segment)):
            yield from _fitted(smooth)
            smooth = []
        if straight:
            yield segment
        else:
            smooth.append(segment)
    if smooth:
        yield from _fitted(smooth)


def _turns(one, other):
    """Whether there is a corner between two segments."""
    before, after = _from(one[-2], one[-1]), _from(other[0], other[1])
    lengths = math.sqrt(_dot(before, before) * _dot(after, after))
    return _dot(before, after) < _CORNER * lengths


def _fitted(segments):
    """Yield few curves, one after the other, near a smooth run of segments."""
    points = [segments[0][0]]
    for segment in segments:
        pieces = 1 if len(segment) == 2 else 8
        points += [_at(segment, k / pieces) for k in range(1, pieces + 1)]
    points = [points[0], *(b for a, b in pairwise(points) if a != b)]
    start, last = 0, len(points) - 1
    while start < last:
        # As far as one curve reaches: twice as far as long as that goes, then halving the rest.
        end, step, best = start + 1, 1, [points[start], points[start + 1]]
        growing = True
        while step:
            if end + step <= last and (curve := _curve(points, start, end + step)):
                end, best = end + step, curve
                step = step * 2 if growing else step // 2
            else:
                growing, step = False, step // 2
        yield best
        start = end


def _curve(points, start, end):
    """Return the line or the cubic curve from one point to another, or None if none is near enough."""
    part = points[start : end + 1]
    line = [part[0], part[-1]]
    if all(_distance(point, line) < _HAIR / 2 for point in part):
        return line
    ways = _tangent(points, start), _tangent(points, end)
    lengths = [0.0]
    for a, b in pairwise(part):
        lengths.append(lengths[-1] + _length(_from(a, b)))
    times = [length / lengths[-1] for length in lengths]
    for _ in range(4):
        curve = _nearest(part, times, ways, lengths[-1])
        passed = list(zip(part, times, strict=True))
        # Between two points what was drawn is a chord, of which the middle is farthest away.
        passed += [(_at([p, q], 0.5), (t + u) / 2) for (p, t), (q, u) in pairwise(passed)]
        gaps = (_from(point, _at(curve, t)) for point, t in passed)
        if all(_dot(gap, gap) < _HAIR**2 for gap in gaps):
            return curve
        times = [_nearer(curve, point, t) for point, t in zip(part, times, strict=True)]
    return None


def _tangent(points, k):
    """Return the direction of a curve, of length 1, at one of the points that it was drawn through."""
    before = _unit(_from(points[k - 1], points[k])) if k else None
    after = _unit(_from(points[k], points[k + 1])) if k < len(points) - 1 else None
    if before and after:
        return _unit((before[0] + after[0], before[1] + after[1]))
    # At an end it goes on turning as it does between the first chords.
    if after:
        near, far = after, _from(points[k + 1], points[min(k + 2, len(points) - 1)])
    else:
        near, far = before, _from(points[max(k - 2, 0)], points[k - 1])
    far = _unit(far) if any(far) else near
    return _unit((1.5 * near[0] - 0.5 * far[0], 1.5 * near[1] - 0.5 * far[1]))


def _nearest(part, times, ways, length):
    """Return the cubic curve with these directions at its ends that lies nearest to points in time."""
    (x0, y0), (x3, y3) = part[0], part[-1]
    c00 = c01 = c11 = r0 = r1 = 0.0
    for (x, y), t in zip(part, times, strict=True):
        s = 1 - t
        one, two = 3 * s * s * t, 3 * s * t * t
        early = s * s * s + one
        rest = x - x0 * early - x3 * (1 - early), y - y0 * early - y3 * (1 - early)
        c00, c11 = c00 + one * one, c11 + two * two
        c01 -= one * two * _dot(*ways)
        r0, r1 = r0 + one * _dot(rest, ways[0]), r1 - two * _dot(rest, ways[1])
    whole = c00 * c11 - c01 * c01
    reach = [(r0 * c11 - r1 * c01) / whole, (r1 * c00 - r0 * c01) / whole] if whole else [0, 0]
    if not all(0.01 * length < r < length for r in reach):
        reach = [length / 3] * 2
    (u0, v0), (u1, v1) = ways
    controls = (x0 + reach[0] * u0, y0 + reach[0] * v0), (x3 - reach[1] * u1, y3 - reach[1] * v1)
    return [part[0], *controls, part[-1]]


def _nearer(curve, point, t):
    """Return the time, after a step of Newton's, at which a curve passes a point."""
    hull = [[3 * v for v in _from(a, b)] for a, b in pairwise(curve)]
    bend = [[2 * v for v in _from(a, b)] for a, b in pairwise(hull)]
    gap, speed, force = _from(point, _at(curve, t)), _at(hull, t), _at(bend, t)
    slope = _dot(speed, speed) + _dot(gap, force)
    return min(max(t - _dot(gap, speed) / slope, 0.0), 1.0) if slope > 0 else t


def _at(controls, t):
    """Return the point of a line or curve at a time from 0 to 1."""
    if len(controls) == 4:  # most of them; written out for speed
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = controls
        s = 1 - t
        a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        return a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
    while len(controls) > 1:
        controls = [
            (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for a, b in pairwise(controls)
        ]
    return controls[0]


def _distance(point, line):
    """Return how far a point is from a line between two others."""
    way, out = _from(*line), _from(line[0], point)
    square = _dot(way, way)
    share = min(max(_dot(out, way) / square, 0.0), 1.0) if square else 0.0
    return _length((out[0] - share * way[0], out[1] - share * way[1]))


def _from(a, b):
    return b[0] - a[0], b[1] - a[1]


def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1]


def _length(way):
    return math.sqrt(_dot(way, way))


def _unit(way):
    length = _length(way)
    return (way[0] / length, way[1] / length) if length else way


def _whole(point):
    return round(point[0]), round(point[1])


def _command(ways, write):
    """Return a line or curve from here as SVG has it."""
    *_, (across, down) = ways
    if len(ways) > 1:
        return "c" + _joined(write(v) for way in ways for v in way)
    if not down:
        return "h" + write(across)
    return "l" + _joined([write(across), write(down)]) if across else "v" + write(down)


def _joined(numbers):
    return " ".join(numbers).replace(" -", "-")


def _tenths(number):
    """Return a number of tenths as a decimal fraction, as short as can be.

    >>> [_tenths(number) for number in (-120, -7, 0, 35)]
    ['-12', '-.7', '0', '3.5']
    """
    sign, (whole, rest) = "-" * (number < 0), divmod(abs(number), 10)
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{rest}"
