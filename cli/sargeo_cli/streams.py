"""Standard streams as consoles, pipes and their absence need them.

What a run prints is worth less than what it writes: a reader that goes away, a full disk behind
standard output, or no standard output at all must not end a run.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from sargeo.errors import EnvironmentLackError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

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

# All but the end of a line and the tabulator.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_ERRORS = "sargeo.plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in lacking), error.end


codecs.register_error(_ERRORS, _plain)


def visible(text: str) -> str:
    """Spell out control characters, which names of files may hold and terminals obey."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


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


class PatientStream(io.RawIOBase):
    """Writes as long as it can, and drops what comes later.

    Parameters
    ----------
    raw : io.RawIOBase
        What is written to.
    problems : list of OSError
        Gets what ended the writing, unless the reader just went away.
    """

    def __init__(self, raw: io.RawIOBase, problems: list[OSError]) -> None:
        self._raw = raw
        self._problems = problems
        self._dropping = False

    def writable(self) -> bool:
        """Tell that it is written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor, which child processes inherit."""
        return self._raw.fileno()

    def write(self, data: ReadableBuffer, /) -> int | None:
        """Write, or drop what nobody can be given."""
        if not self._dropping:
            try:
                return self._raw.write(data)
            except OSError as error:
                self._dropping = True
                if error.errno not in READER_GONE:
                    self._problems.append(error)
        return memoryview(data).nbytes


@contextmanager
def patient_streams() -> Iterator[list[OSError]]:
    """Let nothing that befalls standard output or standard error end a run.

    Both write UTF-8, whatever code page the console has; what it cannot show becomes "?".

    Yields
    ------
    list of OSError
        What kept standard output from being written to the end; whole only after the block.
    """
    _open_missing()
    streams = sys.stdout, sys.stderr
    problems: list[OSError] = []
    sys.stdout, sys.stderr = _patient(sys.stdout, problems), _patient(sys.stderr, [])
    try:
        yield problems
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = streams


def lost_output(problem: OSError) -> EnvironmentLackError:
    """Return the error of standard output that could not be written to the end."""
    return EnvironmentLackError(
        f"Standard output could not be written to the end ({problem.strerror}).",
        "Send it to another place; files that the command wrote are complete.",
    )


def _open_missing() -> None:
    """Open streams that a shell (``>&-``) or pythonw left closed, so that all can be written to.

    A closed descriptor is also the first that is given to the next file opened: what a library
    prints would go into a product.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  for good
            setattr(sys, name, stream)


def _patient(stream: TextIO, problems: list[OSError]) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):  # of a program that runs `main` in itself
        return stream
    stream.reconfigure(encoding="utf-8", errors="replace")
    if stream.isatty():  # Windows has a way of its own to write to consoles
        return stream
    raw: Any = getattr(stream.buffer, "raw", stream.buffer)  # python -u has no buffer
    return io.TextIOWrapper(
        io.BufferedWriter(PatientStream(raw, problems)),
        encoding="utf-8",
        errors="replace",
        line_buffering=stream.line_buffering,
    )
