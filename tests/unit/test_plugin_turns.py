"""Runs take turns in the order in which they came; who gives up lets the others go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sargeo_qgis.core import turns
from sargeo_qgis.core.errors import CancelledError
from sargeo_qgis.core.turns import Turns

PATIENCE_S = 5.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "POLL_S", 0.01)


def never() -> bool:
    return False


def ignore(before: int) -> None:
    pass


class Run:
    """A run on a thread of its own that notes when it has its turn, and ends at once."""

    def __init__(self, queue: Turns, ended: list[Run]) -> None:
        self._queue, self._ended = queue, ended
        self._in_line = threading.Event()
        self.gives_up = threading.Event()
        self.told: list[int] = []

    def start(self, pool: ThreadPoolExecutor) -> Future[None]:
        """Start and return when it stands in line, behind all that started before."""
        future = pool.submit(self._take)
        assert self._in_line.wait(PATIENCE_S)
        return future

    def _take(self) -> None:
        with self._queue.take(self.gives_up.is_set, self._tell):
            self._ended.append(self)

    def _tell(self, before: int) -> None:
        self.told.append(before)
        self._in_line.set()


def in_line(
    pool: ThreadPoolExecutor, queue: Turns, ended: list[Run], count: int
) -> tuple[list[Run], list[Future[None]]]:
    runs = [Run(queue, ended) for _ in range(count)]
    return runs, [run.start(pool) for run in runs]


def test_one_alone_goes_at_once() -> None:
    told: list[int] = []
    with Turns().take(lambda: True, told.append):
        pass
    assert told == []


@settings(max_examples=15)
@given(st.lists(st.booleans(), max_size=6))
def test_first_come_first_served_and_who_gives_up_is_left_out(patient: list[bool]) -> None:
    queue, ended = Turns(), []
    with ThreadPoolExecutor(max(1, len(patient))) as pool:
        with queue.take(never, ignore):
            runs, futures = in_line(pool, queue, ended, len(patient))
            for run, future, stays in zip(runs, futures, patient, strict=True):
                if not stays:
                    run.gives_up.set()
                    assert isinstance(future.exception(PATIENCE_S), CancelledError)
            assert ended == []
        for future, stays in zip(futures, patient, strict=True):
            assert (future.exception(PATIENCE_S) is None) == stays
    assert ended == [run for run, stays in zip(runs, patient, strict=True) if stays]


def test_the_number_before_is_told_whenever_it_changes() -> None:
    queue, ended = Turns(), []
    with ThreadPoolExecutor(3) as pool:
        with queue.take(never, ignore):
            (first, _, last), futures = in_line(pool, queue, ended, 3)
            first.gives_up.set()
            futures[0].exception(PATIENCE_S)
            wait_until(lambda: 2 in last.told)
        futures[-1].result(PATIENCE_S)
    assert last.told[:2] == [3, 2]
    assert sorted(set(last.told), reverse=True) == last.told, "told twice, or upwards"


def test_a_run_that_fails_gives_its_turn_away() -> None:
    queue = Turns()
    with pytest.raises(ValueError, match="broken"), queue.take(never, ignore):
        raise ValueError("broken")
    with queue.take(lambda: True, ignore):
        pass


def wait_until(condition: Callable[[], bool]) -> None:
    wake = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        if condition():
            return
        wake.wait(0.01)
    pytest.fail("waited in vain")
