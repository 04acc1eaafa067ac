"""A Python that holds a sargeo as a test wants it: it prints what it is told to, and ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

SCRIPT = """\
#!{python}
import sys
sys.stdout.write({probe!r} if "-c" in sys.argv else {lines!r})
sys.exit({code} if "-c" not in sys.argv else 0)
"""

not_on_windows = pytest.mark.skipif(
    sys.platform == "win32", reason="starts a script by its #! line"
)


def fake_python(
    folder: Path,
    *events: dict[str, object],
    code: int = 0,
    python: tuple[int, int, int] = (3, 11, 2),
    sargeo: str = "0.1.0",
) -> str:
    """Write the fake into a folder and return its path.

    Parameters
    ----------
    folder : Path
    *events : dict
        What the command line prints, as JSON lines.
    code : int
        With which it ends.
    python, sargeo
        The versions that it claims.
    """
    path = folder / "python"
    probe = json.dumps({"python": python, "sargeo": sargeo})
    lines = "".join(json.dumps(event) + "\n" for event in events)
    text = SCRIPT.format(python=sys.executable, probe=probe, lines=lines, code=code)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)
