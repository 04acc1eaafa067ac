"""Damage as disks do it: a byte of a chip that has changed."""

from __future__ import annotations

from pathlib import Path

from sargeo_training.data.shards import SHARDS, Shards


def flip_arrays(folder: Path, number: int) -> str:
    """Change a byte amid the arrays of a chip; return its id."""
    shards = Shards(folder)
    _flip(folder, shards.encoded(number).npz)
    return shards.ids[number]


def flip_record(folder: Path, number: int) -> str:
    """Change the first byte of the record of a chip, which is no JSON any more; return its id."""
    shards = Shards(folder)
    _flip(folder, shards.encoded(number).json, at=0)
    return shards.ids[number]


def _flip(folder: Path, part: bytes, at: int | None = None) -> None:
    for path in (folder / SHARDS).iterdir():
        content = bytearray(path.read_bytes())
        start = content.find(part)
        if start >= 0:
            content[start + (len(part) // 2 if at is None else at)] ^= 0xFF
            path.write_bytes(content)
            return
    raise LookupError(f"No shard of {folder} holds the chip.")
