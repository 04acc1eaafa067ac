"""Refuse files over 2 MB: run by pre-commit with the names of the files to be committed."""

from __future__ import annotations

import sys
from pathlib import Path

LIMIT_BYTES = 2 * 1024**2


def too_large(names: list[str]) -> list[str]:
    """Return the names of the files over the limit."""
    return [name for name in names if Path(name).stat().st_size > LIMIT_BYTES]


if __name__ == "__main__":
    if large := too_large(sys.argv[1:]):
        sys.exit("Over 2 MB: " + ", ".join(large))
