"""Ctrl-C asks first and forces then; the handlers of before come back."""

from __future__ import annotations

import signal

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
