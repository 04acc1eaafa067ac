"""Devices by the names that users give them."""

from __future__ import annotations

import re

import torch

from sargeo.errors import DeviceMissingError, UsageError


def pick_device(name: str) -> torch.device:
    """Return the device that a name means here.

    Parameters
    ----------
    name : str
        ``auto`` (the first GPU where there is one, else the CPU), ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    UsageError
        If the name means nothing.
    DeviceMissingError
        If there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    match = re.fullmatch(r"cuda(?::(\d+))?", name)
    if match is None:
        raise UsageError(f"There is no device {name!r}.", "Choose auto, cpu, cuda or cuda:N.")
    index, count = int(match[1] or 0), torch.cuda.device_count()
    if index >= count:
        raise DeviceMissingError(
            f"Device {name!r} does not exist here: torch {torch.__version__} sees {count} GPUs.",
            "Choose another device, or auto; `sargeo doctor` lists what there is.",
        )
    return torch.device("cuda", index)
