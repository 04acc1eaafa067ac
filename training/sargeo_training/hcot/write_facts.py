"""Texts of all chips of a folder by the grounded writer."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from sargeo.errors import UsageError
from sargeo_training.geovl.shards import Shards, replace_writings
from sargeo_training.hcot.grounded import write
from sargeo_training.hcot.writing import Writing


def write_facts(folder: Path, out: Path, seed: int) -> int:
    """Write a copy of a folder of chips with texts made from their facts.

    The same seed gives the same texts. Chips of which nothing is known keep what they had.

    Parameters
    ----------
    folder : Path
    out : Path
        Another folder.
    seed : int
        Of the wording.

    Returns
    -------
    int
        How many chips have got a text.

    Raises
    ------
    UsageError
        If ``out`` is ``folder``.
    ReferenceDataError
        If ``folder`` holds no chips, or one that is damaged.
    """
    if out.resolve() == folder.resolve():
        raise UsageError(
            f"{out} holds the chips to write about.", "Name another folder for those with texts."
        )
    shards = Shards(folder)
    writings: dict[str, Writing] = {}
    for number, name in enumerate(shards.ids):
        rng = np.random.default_rng((seed, zlib.crc32(name.encode())))
        writing = write(shards.record(number), rng)
        if writing.clauses:
            writings[name] = writing
    replace_writings(folder, writings, out)
    return len(writings)
