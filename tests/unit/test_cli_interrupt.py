"""Ctrl-C asks first and forces then; the end of standard input asks too."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from sargeo_cli.interrupt import SIGNALS, cancel_on_interrupt


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_asks_and_the_second_forces(number: int) -> None:
    before = signal.getsignal(number)
    with cancel_on_interrupt() as cancelled:
        assert not cancelled()
        signal.raise_signal(number)
        assert cancelled()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_windows_break_is_heard_where_it_exists() -> None:
    assert {s.name for s in SIGNALS} == {"SIGINT", "SIGBREAK"} & set(dir(signal))


def test_the_end_of_standard_input_asks_where_it_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        with cancel_on_interrupt(watch_input=True) as cancelled:
            os.write(writing, b"anything")
            time.sleep(0.1)
            assert not cancelled()
            os.close(writing)
            deadline = time.monotonic() + 5
            while not cancelled() and time.monotonic() < deadline:
                time.sleep(0.01)
            assert cancelled()
