"""What can go wrong, in two sentences: what is wrong, and what to do."""

from __future__ import annotations


class PluginError(Exception):
    """An error that the user can do something about.

    Parameters
    ----------
    problem : str
        One sentence that says what is wrong, naming the value or file.
    remedy : str
        One sentence that says what to do.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class CancelledError(Exception):
    """The user cancelled: nothing is wrong."""
