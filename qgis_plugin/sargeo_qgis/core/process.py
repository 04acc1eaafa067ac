"""A child process that leaves nothing behind, and what its end means in words."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO

from .errors import CancelledError, PluginError
from .programs import system_folder

#: How often a waiting loop looks whether the user has cancelled.
POLL_S = 0.2

#: Time for a child to clean up after it was asked to stop, and after it was told to.
ASK_S, TELL_S = 15.0, 3.0

#: Lines of standard error that are kept for messages and diagnostics.
KEPT_LINES = 200

#: What to do about a sargeo that cannot be started.
CHECK_PYTHON = "Check the Python of sargeo on the Setup page of the sargeo panel."

#: What to do about a sargeo that does not do what it is there for.
REPAIR = (
    "Press Repair on the Setup page of the sargeo panel, or, if its Python is your own, install"
    " sargeo there anew."
)

# Numbers of winbase.h: `subprocess` names them on Windows only.
_NEW_PROCESS_GROUP = 0x00000200
_NO_WINDOW = 0x08000000


def group_arguments(platform: str) -> dict[str, object]:
    """Return the arguments of `subprocess.Popen` that make a child the head of its own group.

    On Windows they also keep a console window from opening.
    """
    if platform == "win32":
        return {"creationflags": _NEW_PROCESS_GROUP | _NO_WINDOW}
    return {"start_new_session": True}


def kill_group(process: subprocess.Popen[str], platform: str, *, force: bool) -> None:
    """End a child and all that it started.

    Parameters
    ----------
    process : subprocess.Popen
        Started with `group_arguments`.
    platform : str
        As ``sys.platform``.
    force : bool
        Do not let it clean up. Windows knows no other way for a child without windows.
    """
    if platform == "win32":
        taskkill = system_folder(os.environ) / "taskkill.exe"
        command = [str(taskkill), "/PID", str(process.pid), "/T", "/F"]
        subprocess.run(command, capture_output=True, check=False, creationflags=_NO_WINDOW)
        return
    try:
        os.killpg(process.pid, signal.SIGKILL if force else signal.SIGTERM)
    except ProcessLookupError:
        return  # it ended in the meantime


class Child:
    """A child in a group of its own. Leaving the block ends it and all that it started.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping of str to str
        All of its variables.
    watches_input : bool
        It stops and cleans up when its standard input ends.
    platform : str
        As ``sys.platform``.
    remedy : str
        What to do if the program cannot be started.

    Raises
    ------
    PluginError
        If the program cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        watches_input: bool = False,
        platform: str = sys.platform,
        remedy: str = CHECK_PYTHON,
    ) -> None:
        self._platform = platform
        self._watches_input = watches_input
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.errors: deque[str] = deque(maxlen=KEPT_LINES)
        try:
            self._process: subprocess.Popen[str] = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                encoding="utf-8",
                errors="replace",
                **group_arguments(platform),  # type: ignore[call-overload]
            )
        except OSError as error:
            raise PluginError(
                f"{command[0]} cannot be started: {error.strerror or error}.",
                remedy,
            ) from error
        self._threads = [
            _start_thread(_forward, self._process.stdout, self._lines.put),
            _start_thread(_forward, self._process.stderr, self._keep_error),
        ]

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def lines(self, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield standard output line by line until the child has ended.

        Raises
        ------
        CancelledError
            If `cancelled` says so; the child has then been ended.
        """
        while True:
            if cancelled():
                self.end()
                raise CancelledError
            try:
                line = self._lines.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if line is None:
                return
            yield line

    def exit_code(self) -> int:
        """Wait for the end and return the exit code, negative for a signal."""
        code = self._process.wait()
        for thread in self._threads:
            thread.join()
        return code

    def end(self) -> None:
        """End the child: ask it, where it listens, then tell it, then make it."""
        self._close_input()
        if not self._ended_within(ASK_S if self._watches_input else 0):
            kill_group(self._process, self._platform, force=False)
        if not self._ended_within(TELL_S):
            kill_group(self._process, self._platform, force=True)
        self.exit_code()
        for stream in (self._process.stdout, self._process.stderr):
            stream.close()  # type: ignore[union-attr]

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _close_input(self) -> None:
        try:
            self._process.stdin.close()  # type: ignore[union-attr]
        except OSError:
            return  # its reader is gone, which is what closing is for

    def _keep_error(self, line: str | None) -> None:
        if line is not None:
            self.errors.append(line)


def describe_exit(code: int, errors: Sequence[str]) -> PluginError:
    """Put the end of a child that said nothing itself into words.

    Parameters
    ----------
    code : int
        As `subprocess.Popen.returncode`: negative for a signal. Windows gives NTSTATUS values.
    errors : sequence of str
        The last lines of its standard error.
    """
    if code in _OUT_OF_MEMORY:
        return PluginError(
            "The system ended sargeo, most likely because memory ran out.",
            "Close other programs, or map a smaller area.",
        )
    if code in _CRASHED:
        return PluginError(
            "sargeo crashed inside one of its libraries.",
            REPAIR,
        )
    if code < 0:
        return PluginError(f"sargeo was ended from outside (signal {-code}).", "Run it again.")
    last = next((line for line in reversed(errors) if line.strip()), "no message")
    return PluginError(
        f"sargeo ended with exit code {code}: {last.strip()}",
        "Copy the diagnostics of this run from the Runs page of the sargeo panel and report them.",
    )


# SIGKILL, also as ssh reports it; STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT of ntstatus.h.
_OUT_OF_MEMORY = frozenset({-9, 128 + 9, 0xC0000017, 0xC000012D})
# SIGILL, SIGABRT, SIGBUS, SIGSEGV; STATUS_ACCESS_VIOLATION, _ILLEGAL_INSTRUCTION, _DLL_NOT_FOUND.
_CRASHED = frozenset({-4, -6, -7, -11, 0xC0000005, 0xC000001D, 0xC0000135})


def _start_thread(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _forward(stream: IO[str], receive: Callable[[str | None], None]) -> None:
    for line in stream:
        receive(line.rstrip("\r\n"))
    receive(None)
