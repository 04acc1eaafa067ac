"""Refuse files over 2 MB, save weights, that git tracks or would: part of `make lint`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

LIMIT_BYTES = 2 * 1024**2
WEIGHTS = ".safetensors"


def too_large(paths: Iterable[Path]) -> list[Path]:
    """Return the files over the limit."""
    return [path for path in paths if path.is_file() and path.stat().st_size > LIMIT_BYTES]


def committed(root: Path) -> list[Path]:
    """Return the files of a checkout that are in git, or not ignored; none without git."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return []
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
    names = listed.decode("utf-8").split("\0")
    return [root / name for name in names if name and not name.endswith(WEIGHTS)]


if __name__ == "__main__":
    if large := too_large(committed(Path(__file__).resolve().parents[2])):
        sys.exit("Over 2 MB: " + ", ".join(map(str, large)))
