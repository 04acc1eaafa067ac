"""What the network knows of a window besides its pixels, and how it is embedded.

Everything may be unknown: NaN stands for it, and a learned token takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from sargeo.scene.bands import POLARISATIONS, QUANTITIES

SLOTS = len(POLARISATIONS)
"""Polarisation slots of the network's input, in the order of `sargeo.scene.bands.POLARISATIONS`."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of N windows besides their pixels.

    Attributes
    ----------
    present : Tensor of bool, shape (N, 4)
        Polarisation slots that hold a band; at least one for each window.
    quantity : Tensor of int64, shape (N, 4)
        Index into `sargeo.scene.bands.QUANTITIES`; without meaning in absent slots.
    gsd_m : Tensor of float32, shape (N, 2)
        Ground sampling distance in metres, (row to row, column to column); NaN where unknown.
    incidence_deg : Tensor of float32, shape (N,)
        Incidence angle in degrees; NaN where unknown.
    lonlat : Tensor of float32, shape (N, 2)
        Longitude and latitude in degrees; NaN where unknown.
    sensor : Tensor of int64, shape (N,)
        Place in the spec's sensors, from 1 on; 0 where unknown.
    """

    present: Tensor
    quantity: Tensor
    gsd_m: Tensor
    incidence_deg: Tensor
    lonlat: Tensor
    sensor: Tensor

    def to(self, device: torch.device | str) -> Context:
        """Return the same on another device."""
        return Context(*(getattr(self, f.name).to(device) for f in fields(self)))


class ContextEncoder(nn.Module):
    """Turns a `Context` into one vector per window.

    Parameters
    ----------
    dim : int
        Length of the vectors.
    sensors : int
        How many sensors are told apart.
    """

    def __init__(self, dim: int, sensors: int = 0) -> None:
        super().__init__()
        self.polarisation = nn.Parameter(0.5 * torch.randn(SLOTS, dim))
        self.quantity = nn.Embedding(len(QUANTITIES), dim, _weight=0.5 * torch.randn(4, dim))
        # Octaves span what is told apart: factors of 1.1 in spacing, a degree of incidence, and
        # regions of some 500 km (never single scenes, which the network would learn by heart).
        self.spacing = _MaybeKnown(axes=2, octaves=4, dim=dim)
        self.incidence = _MaybeKnown(axes=1, octaves=4, dim=dim)
        self.place = _MaybeKnown(axes=3, octaves=3, dim=dim)
        self.sensor = (
            nn.Embedding(1 + sensors, dim, _weight=0.5 * torch.randn(1 + sensors, dim))
            if sensors
            else None
        )

    def forward(self, context: Context) -> Tensor:
        """Return embeddings of shape (N, dim)."""
        present = context.present.to(self.polarisation.dtype)
        bands = self.polarisation + self.quantity(context.quantity)
        bands = (bands * present[:, :, None]).sum(1) / present.sum(1, keepdim=True)
        embedded: Tensor = (
            bands
            + self.spacing(torch.log10(context.gsd_m) / 2)
            + self.incidence(context.incidence_deg[:, None] / 90)
            + self.place(_unit_sphere(context.lonlat))
        )
        return embedded if self.sensor is None else embedded + self.sensor(context.sensor)


class _MaybeKnown(nn.Module):
    """Embeds a quantity of a few axes, each about -1 to 1, or the fact that it is unknown."""

    frequencies: Tensor

    def __init__(self, axes: int, octaves: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.pi * 2.0 ** torch.arange(octaves), False)
        self.mlp = nn.Sequential(
            nn.Linear(axes * (1 + 2 * octaves), dim), nn.GELU(), nn.Linear(dim, dim)
        )
        self.unknown = nn.Parameter(0.5 * torch.randn(dim))

    def forward(self, x: Tensor) -> Tensor:
        """Embed values of shape (N, axes); NaN on any axis means unknown."""
        known = x.isfinite().all(1, keepdim=True)
        x = torch.where(known, x, 0.0)  # keeps NaN out of the gradients
        angles = (x[:, :, None] * self.frequencies).flatten(1)
        embedded = self.mlp(torch.cat([x, angles.sin(), angles.cos()], dim=1))
        return torch.where(known, embedded, self.unknown.to(embedded.dtype))


def _unit_sphere(lonlat: Tensor) -> Tensor:
    """Return points of the unit sphere (N, 3), which know no antimeridian and no poles."""
    lon, lat = lonlat.deg2rad().unbind(1)
    return torch.stack([lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()], dim=1)
