"""Standard output and standard error, as Windows consoles and closed pipes need them."""

from __future__ import annotations

import errno
import io
import os
import sys

# Writing to a pipe whose reader has gone (``sargeo info x.tif | head``); Windows says "invalid".
READER_GONE = {errno.EPIPE} if sys.platform != "win32" else {errno.EPIPE, errno.EINVAL}


def use_utf8() -> None:
    """Write UTF-8, whatever code page the console has; what it cannot show becomes "?"."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def reader_is_gone(error: BaseException) -> bool:
    """Tell whether an error only means that nobody reads standard output any longer."""
    named = getattr(error, "filename", None)  # then it is about that file
    return isinstance(error, OSError) and error.errno in READER_GONE and named is None


def drop_output() -> None:
    """Let nobody read standard output, so that the interpreter can flush it as it exits.

    From the note on SIGPIPE in the documentation of Python's signal module.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
