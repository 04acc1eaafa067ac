"""Each message of the source has a case that does what it says, and each case has a message."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from support.advice import CASES, Case, read_cases
from support.messages import Message, all_messages


@cache
def all_cases() -> tuple[Case, ...]:
    """Return the cases of all modules beside this one, and of those that run in QGIS."""
    for path in Path(__file__).parent.glob("test_*.py"):
        import_module(path.stem)
    return *CASES, *read_cases(Path(__file__).parents[1] / "qgis")


def meant(case: Case) -> list[Message]:
    return [message for message in all_messages() if case.means(message)]


def test_every_message_has_a_case() -> None:
    """A new message is missing here until somebody has done what it says: see CONTRIBUTING.md."""
    cases = all_cases()
    missing = [m for m in all_messages() if not any(case.means(m) for case in cases)]
    assert not missing, "\n" + "\n".join(map(str, missing))


def test_every_case_means_one_message() -> None:
    """Words of a remedy that have changed are to be followed anew."""
    loose = [case for case in all_cases() if len({m.problem for m in meant(case)}) != 1]
    assert not loose, "\n" + "\n".join(map(str, loose))


def test_what_is_simulated_says_why() -> None:
    assert all(len(case.simulated) != 1 for case in all_cases())
    assert any(case.simulated for case in all_cases())


def test_messages_are_found_wherever_they_are_built() -> None:
    """Of each way to build an error, one that is known to be there."""
    found = {message.where for message in all_messages()}
    assert {
        "sargeo.scene.refuse:_unplaced",  # returned
        "sargeo.geo.vectors:read_vectors",  # of a class that is handed in
        "sargeo.geo.vectors:_Vectors._layer",  # of one that is kept
        "sargeo.products.files:storage_error",  # for others to raise
        "sargeo_training.settings.config:read_config",  # the remedy handed on to another function
        "sargeo_qgis.core.remote:RemoteMachine._explain",  # of the plugin's own classes
    } <= found
