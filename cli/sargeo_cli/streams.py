"""Standard output and standard error, as Windows consoles and closed pipes need them."""

from __future__ import annotations

import io
import os
import sys


def use_utf8() -> None:
    """Write UTF-8, whatever code page the console has; what it cannot show becomes "?"."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def flush_quietly() -> None:
    """Flush standard output, and say nothing if its reader has gone (``sargeo info x | head``).

    Without this the interpreter complains at exit. From the note on SIGPIPE in Python's docs.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
