"""Colours for any number of classes, told apart with all kinds of colour vision."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

FIRST = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
"""The palette of Okabe and Ito (2008), without black: what most maps need."""

_LEVELS = (0x00, 0x33, 0x66, 0x99, 0xCC, 0xFF)

# What people without one kind of cones see, of linear RGB: Machado, Oliveira and Fernandes (2009),
# severity 1.0, for protanopia, deuteranopia and tritanopia.
_VISIONS = np.array(
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ]
)

# CIE 1931 XYZ of linear sRGB under D65, divided by the white point; then CIELAB (CIE 15:2004).
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
) / np.array([[0.95047], [1.0], [1.08883]])

_LIGHTEST, _DARKEST = 92.0, 18.0
"""Of the colours drawn, CIELAB lightness: neither paper nor ink."""


def colours(count: int) -> tuple[str, ...]:
    """Return different colours as ``#rrggbb``; the first ones are the same for any count.

    After those of Okabe and Ito, each is the colour of a lattice of 216 that lies farthest from
    all before it, in CIELAB and with the kind of colour vision that tells them apart worst.
    """
    chosen = list(FIRST[:count])
    lattice = ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in product(_LEVELS, repeat=3)]
    seen = appearance(lattice)
    lattice_l = seen[0, :, 0]
    distance = np.where((lattice_l > _DARKEST) & (lattice_l < _LIGHTEST), np.inf, -1.0)
    for colour in chosen:
        distance = np.minimum(distance, _distances(seen, appearance([colour])))
    while len(chosen) < count:
        farthest = int(distance.argmax())
        chosen.append(lattice[farthest])
        distance = np.minimum(distance, _distances(seen, seen[:, farthest : farthest + 1]))
    return tuple(chosen)


def appearance(hexes: list[str]) -> NDArray[np.float64]:
    """Return how colours look with each kind of vision, in CIELAB; shape (4, N, 3)."""
    rgb = np.array([[int(h[i : i + 2], 16) for i in (1, 3, 5)] for h in hexes]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.einsum("vij,nj->vni", _VISIONS, linear).clip(0, 1)
    xyz = np.einsum("ij,vnj->vni", _TO_XYZ, seen)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _distances(seen: NDArray[np.float64], colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of every colour to one, with the vision that tells them apart worst; shape (N,)."""
    least: NDArray[np.float64] = np.linalg.norm(seen - colour, axis=-1).min(axis=0)
    return least
