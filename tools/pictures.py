"""Compare the small pictures that go with the figures, which nbval passes over.

Their bytes depend on the compiler of the compressor, and the shades along their edges on the last bit
of a coordinate. So they are compared by the mean shade of squares of a few pixels: a changed digit and a
line that is somewhere else by half its width are seen, one that is a twentieth of a pixel off is not.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

SQUARE = 4  # pixels
TOLERANCE = 12  # of 255


def decoded(data: str) -> np.ndarray:
    """Return the pixels of a picture as it is stored in a notebook, of shape (height, width, 3)."""
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    return np.asarray(picture.convert("RGB"), dtype=float)


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures show the same."""
    if one.shape != other.shape:
        return False
    height, width, _ = one.shape
    edges = np.arange(0, height, SQUARE), np.arange(0, width, SQUARE)
    sums = np.add.reduceat(np.add.reduceat(one - other, edges[0]), edges[1], axis=1)
    return np.abs(sums).max() <= TOLERANCE * SQUARE**2


def differing(outputs: list, stored: list) -> list[int]:
    """Return the numbers of those pictures among a cell's outputs that are not as stored."""
    found, wanted = (
        [out.data["image/png"] for out in outs if "image/png" in out.get("data", {})]
        for outs in (outputs, stored)
    )
    if len(found) != len(wanted):
        return list(range(max(len(found), len(wanted))))
    pairs = zip(found, wanted, strict=True)
    return [k for k, pair in enumerate(pairs) if not alike(*map(decoded, pair))]
