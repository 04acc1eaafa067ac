"""Work shared between processes, or done in this one."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar

from sargeo.errors import OutOfMemoryError

Task = TypeVar("Task")
Result = TypeVar("Result")


class Pool:
    """Runs functions of modules on tasks that can be pickled; processes are spawned.

    Parameters
    ----------
    workers : int
        With one, everything runs in this process.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor = (
            ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
            if workers > 1
            else None
        )

    def run(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Yield results as they come, in any order; at the first error, start nothing new.

        Raises
        ------
        sargeo.errors.OutOfMemoryError
            If a process was ended from outside.
        """
        if self._executor is None:
            yield from map(function, tasks)
            return
        futures = [self._executor.submit(function, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise OutOfMemoryError(
                f"One of {self._workers} processes was ended from outside, most likely for the "
                "memory it took.",
                "Call again with fewer processes: what is finished is kept.",
            ) from error
        finally:
            for future in futures:
                future.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
