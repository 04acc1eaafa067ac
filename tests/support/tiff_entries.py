"""Entries of the directory of a TIFF, to be read and spoilt."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

STRIP_OFFSETS, SAMPLES_PER_PIXEL = 273, 277

Part = Literal["tag", "type", "count", "value"]


def entry_places(data: bytes) -> list[tuple[str, int, bool]]:
    """Return byte order, place and size (big or classic) of the entries of the first directory."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    try:
        (start,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
        (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, start)
    except struct.error:
        return []
    first, size = (start + 8, 20) if big else (start + 2, 12)
    ends = (first + size * (i + 1) for i in range(min(count, 100)))
    return [(order, end - size, big) for end in ends if end <= len(data)]


def set_part(data: bytearray, place: tuple[str, int, bool], part: Part, number: int) -> None:
    """Change a part of an entry in place."""
    order, at, big = place
    match part:
        case "tag" | "type":
            struct.pack_into(order + "H", data, at + 2 * (part == "type"), number)
        case "count":
            struct.pack_into(order + ("Q" if big else "I"), data, at + 4, number)
        case "value":
            struct.pack_into(order + ("Q" if big else "I"), data, at + (12 if big else 8), number)


def change_entry(path: Path, tag: int, part: Part, number: int) -> None:
    """Change the entry of a tag in the first directory of a file."""
    data = bytearray(path.read_bytes())
    places = entry_places(bytes(data))
    (place,) = (p for p in places if struct.unpack_from(p[0] + "H", data, p[1]) == (tag,))
    set_part(data, place, part, number)
    path.write_bytes(data)
