"""sargeo, as the settings of this QGIS find it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .core.child_environment import child_environment
from .core.environment.places import current_python, environments_root
from .core.interpreter import VARIABLE, Interpreter, find_interpreter
from .core.map_request import MapRequest
from .core.option_names import in_words_of_qgis
from .core.process import Child
from .core.remote import RemoteMachine
from .core.sargeo import Facts, Listener, SargeoError, as_text, fetch, follow, read
from .core.turns import Turns
from .settings import Settings

#: Runs of this QGIS that map; two at once would fight over memory.
TURNS = Turns()


def interpreter() -> Interpreter:
    """Return the Python that holds sargeo: variable, setting, or managed environment.

    Raises
    ------
    PluginError
        If there is none, or the one that is named does not work.
    """
    setting = Settings.read().python
    named = os.environ.get(VARIABLE, "").strip() or setting.strip()
    return find_interpreter(
        variables=os.environ,
        setting=setting,
        managed=None if named else _managed_python(),
        platform=sys.platform,
    )


def managed_root() -> Path:
    """Return the folder of the managed environments."""
    return environments_root(os.environ, sys.platform, Path.home())


def _managed_python() -> Path | None:
    return current_python(managed_root(), sys.platform)


def start(*words: str, watches_input: bool = False) -> Child:
    """Start a command of sargeo.

    Parameters
    ----------
    *words : str
        Such as ``"info", "scene.tif", "--json"``.
    watches_input : bool
        The command was told to stop when its standard input ends.

    Raises
    ------
    PluginError
        If there is no sargeo, or it cannot be started.
    """
    variables = child_environment(os.environ, platform=sys.platform)
    command = interpreter().command(*words)
    return Child(command, environment=variables, watches_input=watches_input)


@contextmanager
def _in_words_of_qgis() -> Iterator[None]:
    """Let refusals name parameters of QGIS where sargeo names options of its command line."""
    try:
        yield
    except SargeoError as error:
        raise in_words_of_qgis(error) from error


def ask(words: list[str], cancelled: Callable[[], bool], *, allowed: tuple[int, ...] = ()) -> Facts:
    """Run a command that prints JSON and return what it printed; see `core.sargeo.fetch`."""
    with _in_words_of_qgis():
        return fetch(start(*words), cancelled, allowed=allowed)


def tell(words: list[str], cancelled: Callable[[], bool]) -> None:
    """Run a command whose work is a file; see `core.sargeo.read`."""
    with _in_words_of_qgis():
        read(start(*words), cancelled)


def run(words: list[str], listen: Listener, cancelled: Callable[[], bool]) -> Facts:
    """Run a command that tells how far it is; return its result.

    Parameters
    ----------
    words : list of str
        Of a command that knows ``--progress`` and ``--watch-stdin``.
    listen : callable
        Gets the events.
    cancelled : callable
    """
    with _in_words_of_qgis():
        told = [*words, "--progress", "jsonl", "--watch-stdin"]
        return follow(start(*told, watches_input=True), listen, cancelled)


def map_scene(
    request: MapRequest, host: str, listen: Listener, cancelled: Callable[[], bool]
) -> Facts:
    """Map a scene, here or on another machine.

    Parameters
    ----------
    request : MapRequest
    host : str
        As ``ssh`` understands it; empty for this machine.
    listen : callable
        Gets the events.
    cancelled : callable

    Returns
    -------
    dict
        The result of the run; its products lie on this machine.
    """
    if not host:
        return run(request.words(), listen, cancelled)
    with _in_words_of_qgis():
        return remote(host).map_scene(request, listen, cancelled)


def estimate(request: MapRequest, cancelled: Callable[[], bool]) -> Facts:
    """Tell what mapping a scene would take on this machine.

    Returns
    -------
    dict
        What ``sargeo map --dry-run`` tells.
    """
    return ask([*request.words(), "--dry-run", "--progress", "jsonl"], cancelled)


def command_text(request: MapRequest, host: str) -> str:
    """Return what a user would type to do the same."""
    command = remote(host).command(request) if host else ["sargeo", *request.words()]
    return as_text(command, platform=sys.platform)


def remote(host: str) -> RemoteMachine:
    """Return another machine that maps, with the settings for it."""
    variables = child_environment(os.environ, platform=sys.platform)
    return RemoteMachine(host, Settings.read().host_command, variables)
