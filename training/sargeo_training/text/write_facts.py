"""Texts of all chips of a folder by the grounded writer."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sargeo.errors import ReferenceDataError, UsageError
from sargeo_training.data.shards import Shards, left_out, replace_texts
from sargeo_training.data.target_text import TargetText
from sargeo_training.text.grounded import write


def write_facts(folder: Path, out: Path, seed: int, *, say: Callable[[str], None]) -> int:
    """Write a copy of a folder of chips with texts made from their facts.

    The same seed gives the same texts. Chips of which nothing is known keep what they had; those
    that are missing or damaged are skipped, and told.

    Parameters
    ----------
    folder : Path
    out : Path
        Another folder.
    seed : int
        Of the wording.
    say : callable
        Is told how many chips are skipped, and which.

    Returns
    -------
    int
        How many chips have got a text.

    Raises
    ------
    UsageError
        If ``out`` is ``folder``.
    ReferenceDataError
        If ``folder`` holds no chips, or none that can be read.
    OutputNotWritableError, DiskFullError
        If the operating system refuses.
    """
    if out.resolve() == folder.resolve():
        raise UsageError(
            f"{out} holds the chips to write about.", "Name another folder for those with texts."
        )
    shards = Shards(folder)
    target_texts: dict[str, TargetText] = {}
    for number, name in enumerate(shards.ids):
        rng = np.random.default_rng((seed, zlib.crc32(name.encode())))
        try:
            target_text = write(shards.record(number), rng)
        except ReferenceDataError:
            continue  # left out of the copy, and told below
        if target_text.clauses:
            target_texts[name] = target_text
    if broken := replace_texts(folder, target_texts, out):
        say(left_out(broken, len(shards)))
    return len(target_texts.keys() - set(broken))
