"""The property that any input, option and environment must keep, and how often it is tried.

A command succeeds, or says in two sentences what is wrong and what to do, with an exit code that
means usage, input, environment or memory. It never ends with code 1, hangs, takes all memory, or
leaves anything half done.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

from sargeo.errors import SargeoError

MOST_SECONDS = 30
"""Of one command on a small input; busy machines are slow, hangs last forever."""

MOST_BYTES = 1_500_000_000
"""Of resident memory that one command on a small input may add."""

ROUNDS = int(os.environ.get("SARGEO_FUZZ_ROUNDS", "0"))
"""How many times the examples of the test suite are tried, with new ones each time; 0 stands for
those of the test suite alone, which are the same on every machine."""

_FORESEEN = {2, 3, 4, 5}


def fuzz(examples: int) -> settings:
    """Return settings that try so many examples in the test suite."""
    return settings(
        deadline=None,
        max_examples=examples * max(1, ROUNDS),
        derandomize=not ROUNDS,
        suppress_health_check=list(HealthCheck),
        phases=tuple(p for p in Phase if p is not Phase.explain),
    )


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str


def run_judged(*args: object, names: Sequence[str] = ()) -> Ended:
    """Run ``sargeo ARGS`` in this process and see that it keeps the property.

    Parameters
    ----------
    *args
        The command line.
    names : sequence of str
        One of them must stand in the sentence that says what is wrong.
    """
    argv = [str(arg) for arg in args]
    began, before = time.monotonic(), _reset_peak_bytes()
    ended = _run(argv)
    seconds, peak = time.monotonic() - began, _peak_bytes()
    told = f"sargeo {argv}\n{ended.out[-2000:]}\n{ended.err[-4000:]}"
    assert seconds < MOST_SECONDS, f"{seconds:.0f} s: {told}"
    assert peak - before < MOST_BYTES, f"{(peak - before) / 1e9:.2f} GB more: {told}"
    if ended.code not in {0, *_FORESEEN}:
        raise AssertionError(f"exit code {ended.code}: {told}\n{_run([*argv, '--debug']).err}")
    assert "Traceback" not in ended.out + ended.err, told
    if ended.code:
        _judge_sentences(ended, names, told)
    elif "--json" in argv:
        json.loads(ended.out, parse_constant=_refuse_constant)
    return ended


def refused(call: Callable[[], object]) -> SargeoError | None:
    """Call the library; return the error if it refused, and fail on any other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call()
        except SargeoError as error:
            assert error.exit_code in _FORESEEN, error
            judge_words(error.problem, error.remedy, (), str(error))
            return error
    return None


def judge_words(problem: str, remedy: str, names: Sequence[str], told: str) -> None:
    """See that a problem and a remedy are sentences, and that the problem names one of names."""
    assert problem.rstrip().endswith((".", "?", "!")), told
    assert remedy.rstrip().endswith((".", ")")), told
    assert "did not foresee" not in problem, told
    assert not names or any(name in problem for name in names), f"none of {names} in: {told}"


def assert_whole(folder: Path, ended: Ended) -> None:
    """See that a run left all of its products or nothing, and no working folder."""
    left = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    hidden = [name for name in left if name.startswith(".")]
    assert not hidden, f"{hidden} left after {ended}"
    assert not [name for name in left if ".part" in name], f"{left} left after {ended}"
    if ended.code and "all other products are in" not in ended.err:
        assert not left, f"{left} left after {ended}"
    elif not ended.code:
        assert left, f"nothing made by {ended}"


def _run(argv: list[str]) -> Ended:
    from sargeo_cli.main import run

    out, err = io.StringIO(), io.StringIO()
    # Of a hang, in GDAL say, the traceback is all that can be had.
    faulthandler.dump_traceback_later(10 * MOST_SECONDS, exit=True, file=sys.__stderr__)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            warnings.simplefilter("ignore")
            code = run(argv)
    finally:
        faulthandler.cancel_dump_traceback_later()
    return Ended(code, out.getvalue(), err.getvalue())


def _judge_sentences(ended: Ended, names: Sequence[str], told: str) -> None:
    problem, mark, remedy = ended.err.rpartition("\nWhat to do: ")
    _, error, problem = problem.rpartition("Error: ")
    assert mark, told
    assert error, told
    judge_words(problem, remedy, names, told)


def _refuse_constant(name: str) -> float:
    raise AssertionError(f"{name} is no JSON")


def _reset_peak_bytes() -> int:
    """Begin to measure the peak anew, where Linux allows it, and return what is held now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak_bytes()


def _peak_bytes() -> int:
    """Return the largest resident memory; 0 where the system does not tell it afresh."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024
