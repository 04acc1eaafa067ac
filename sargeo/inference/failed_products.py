"""Products that could not be made, while others of the same run were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sargeo.errors import CancelledError, EnvironmentLackError, OutOfMemoryError, SargeoError

AGAIN = "Then run the same command again, with --overwrite."


class FailedProducts:
    """Takes note of products that fail, so that finished ones are published all the same."""

    def __init__(self) -> None:
        self._failures: list[tuple[str, str, Exception]] = []

    @contextmanager
    def allow(self, product: str, next_step: str) -> Iterator[None]:
        """Let the making of a product fail; what the user cancels still ends.

        Parameters
        ----------
        product : str
            What would be missing, as in "The web page".
        next_step : str
            A sentence: how the user makes it later.
        """
        try:
            yield
        except CancelledError:
            raise
        except (
            Exception
        ) as error:  # the error is raised by `raise_first`, once the others are in place
            self._failures.append((product, next_step, error))

    def raise_if_nothing_was_made(self, made: bool) -> None:
        """Raise the first failure as it was, if nothing was made that is worth publishing."""
        if self._failures and not made:
            raise self._failures[0][2]

    def raise_first(self, out_dir: Path) -> None:
        """Raise, once all else is published in ``out_dir``, where anything failed.

        Raises
        ------
        SargeoError
            Of the kind of the first failure; names what is missing, and how to make it.
        """
        if not self._failures:
            return
        _, _, first = self._failures[0]
        cause = _as_error(first)
        missing = " and ".join(dict.fromkeys(product for product, _, _ in self._failures))
        steps = dict.fromkeys(step for _, step, _ in self._failures)
        raise type(cause)(
            f"{missing} could not be made, while all other products are in {out_dir}: "
            f"{cause.problem}",
            " ".join([cause.remedy, *steps]),
        ) from first


def _as_error(error: Exception) -> SargeoError:
    match error:
        case SargeoError():
            return error
        case MemoryError():
            return OutOfMemoryError(
                "The memory of this machine ran out.", "Close other programs first."
            )
        case OSError():
            return EnvironmentLackError(
                f"The system refused what was asked of it ({error}).",
                "Check the disks and the network, and leave the scene where it is.",
            )
    return SargeoError(
        f"sargeo met something it did not foresee: {type(error).__name__}: {error}.",
        "Report this with what `sargeo doctor` says.",
    )
