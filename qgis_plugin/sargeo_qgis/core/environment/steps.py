"""A step of an installation: one child, whose words are logged and passed on."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from ..errors import CancelledError
from ..process import POLL_S, TELL_S, group_arguments, kill_group
from .failures import explain

#: Lines that are kept to explain a failure.
KEPT_LINES = 60


def run_step(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    platform: str,
    listen: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> None:
    """Run a child to its end.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping of str to str
        All of its variables.
    log : Path
        File to which its command line and its output are appended.
    platform : str
        As ``sys.platform``.
    listen : callable
        Gets each line of its output.
    cancelled : callable
        Whether to end it, and all that it has started, at once: its folder is removed anyway.

    Raises
    ------
    CancelledError
        If `cancelled` says so.
    PluginError
        If it fails.
    """
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {subprocess.list2cmdline(command)}\n")
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=log.parent,  # not QGIS's, where a uv.toml or a module could lie
            encoding="utf-8",
            errors="replace",
            **group_arguments(platform),  # type: ignore[call-overload]
        )
        for line in _lines_of(process, platform, cancelled):
            file.write(f"{line}\n")
            kept.append(line)
            listen(line)
    if process.returncode != 0:
        raise explain(list(kept), log)


def _lines_of(
    process: subprocess.Popen[str], platform: str, cancelled: Callable[[], bool]
) -> Iterator[str]:
    """Yield the lines of a child until its end, or end it and all that it has started."""
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True)
    reader.start()
    with process:
        try:
            while (line := _next(lines, cancelled)) is not None:
                yield line
        except BaseException:
            kill_group(process, platform, force=True)
            raise
        finally:
            reader.join(TELL_S)


def _next(lines: queue.Queue[str | None], cancelled: Callable[[], bool]) -> str | None:
    while True:
        if cancelled():
            raise CancelledError
        try:
            return lines.get(timeout=POLL_S)
        except queue.Empty:
            continue


def _forward(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line.rstrip())
    lines.put(None)
