"""The folder of a run: one that fails leaves it as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import CancelledError, PluginError


@contextmanager
def output_folder(
    folder: Path, unfinished: Sequence[str], kept: str | None = None
) -> Iterator[None]:
    """Make the folder; a run that fails leaves it as it was.

    sargeo keeps an unfinished run, hidden, and refuses the next one for it. Here nobody would know.

    Parameters
    ----------
    folder : Path
    unfinished : sequence of str
        Names in the folder of what an unfinished run leaves.
    kept : str, optional
        Name of a file among these that belongs to the products: its content comes back.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PluginError(
            f"The folder {folder} cannot be made: {error.strerror or error}.",
            "Choose another folder for the products.",
        ) from error
    before = _there(folder, unfinished)
    content = (folder / kept).read_bytes() if kept and (folder / kept).exists() else None
    try:
        yield
    except (PluginError, CancelledError):
        for path in _there(folder, unfinished) - before:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if kept and content is not None and (folder / kept).read_bytes() != content:
            (folder / kept).write_bytes(content)
        if made and not any(folder.iterdir()):
            folder.rmdir()
        raise


def _there(folder: Path, names: Sequence[str]) -> set[Path]:
    return {folder / name for name in names if (folder / name).exists()}
