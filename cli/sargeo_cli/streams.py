"""Standard output and standard error, as Windows consoles and closed pipes need them."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import Any, TextIO

# Writing to a pipe whose reader has gone (``sargeo info x.tif | head``); Windows says "invalid".
READER_GONE = {errno.EPIPE} if sys.platform != "win32" else {errno.EPIPE, errno.EINVAL}

# What stands for our own characters in a code page without them; all others become "?".
PLAIN = {
    "²": "2",
    "–": "-",
    "−": "-",
    "…": "...",
    "×": "x",
    "•": "*",
    "°": " deg",
    "“": '"',
    "”": '"',
}

_ERRORS = "sargeo.plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in lacking), error.end


codecs.register_error(_ERRORS, _plain)


class PlainStream:
    """A text stream that writes what its encoding lacks in plainer characters.

    Parameters
    ----------
    stream : text stream
        Of any encoding; what has none, such as a buffer in memory, takes all characters.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text."""
        encoding = self._stream.encoding or "utf-8"
        return self._stream.write(text.encode(encoding, _ERRORS).decode(encoding))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


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
