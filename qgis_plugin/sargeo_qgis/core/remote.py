"""Mapping on another machine: the scene goes there by ssh, the products come back.

The other machine needs a POSIX shell and sargeo; this one the OpenSSH client, which Windows, macOS
and Linux have. Keys must be set up: there is nobody to type a password.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from .errors import PluginError
from .map_request import MapRequest
from .process import Child
from .products import Products
from .programs import find_program, system_folder
from .sargeo import Facts, Listener, SargeoError, as_text, follow
from .scene_files import files_of, stem_of

CONNECT_TIMEOUT_S = 15
#: After three unanswered questions whether it is still there, a machine counts as gone.
ALIVE_INTERVAL_S = 15
_SETTINGS = (
    "BatchMode=yes",
    f"ConnectTimeout={CONNECT_TIMEOUT_S}",
    f"ServerAliveInterval={ALIVE_INTERVAL_S}",
)
OPTIONS = tuple(word for setting in _SETTINGS for word in ("-o", setting))

#: Exit codes of ssh itself, of a shell that does not find a command, and of one that was killed.
_NO_CONNECTION, _NOT_FOUND, _KILLED = 255, 127, 128 + 9

#: Exit code of scp where the connection holds and a file cannot be copied.
_NOT_COPIED = 1

_PREFIX = "sargeo-"


@dataclass(frozen=True)
class RemoteMachine:
    """A machine that maps for this one.

    Parameters
    ----------
    host : str
        ``user@host``, or an alias of the user's ssh configuration.
    sargeo : str
        How sargeo is started there.
    variables : mapping of str to str
        Environment variables of the ssh that runs here.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If the host is no name of a machine.
    """

    host: str
    sargeo: str
    variables: Mapping[str, str]
    platform: str = sys.platform

    def __post_init__(self) -> None:
        """Refuse a host that ssh would take for one of its options, which can run commands."""
        if self.host.startswith("-") or any(map(str.isspace, self.host)):
            raise PluginError(
                f"{self.host!r} is not the name of a machine.",
                "Name it as ssh does, such as user@host, without spaces.",
            )

    def command(self, request: MapRequest) -> list[str]:
        """Return the command that maps there a scene that lies there."""
        words = shlex.join(request.words())
        return ["ssh", *OPTIONS, "--", self.host, f"{self.sargeo} {words}"]

    def version(self, cancelled: Callable[[], bool]) -> str:
        """Return the version of sargeo there.

        Raises
        ------
        PluginError, CancelledError
            As for `map_scene`.
        """
        lines = self._do(self._start(f"{self.sargeo} --version"), cancelled)
        return lines[-1].rpartition(" ")[2] if lines else ""

    def map_scene(
        self, request: MapRequest, listen: Listener, cancelled: Callable[[], bool]
    ) -> Facts:
        """Map a scene of this machine on the other one.

        Returns
        -------
        dict
            The result of the run; its products lie in the folder of the request.

        Raises
        ------
        PluginError, CancelledError
        """
        _refuse_existing(request)
        with self._folder(listen, cancelled) as folder:
            there = self._send(request, folder, listen, cancelled)
            child = self._start_mapping(there, folder)
            result = follow(child, listen, cancelled, explain=self._explain)
            _tell(listen, "download")
            names = [PurePosixPath(path).name for path in result["products"]]
            self._fetch(folder / "out", request.output_folder, names, cancelled)
        return {**result, "products": [str(request.output_folder / name) for name in names]}

    @contextmanager
    def _folder(self, listen: Listener, cancelled: Callable[[], bool]) -> Iterator[PurePosixPath]:
        """Make a folder there, and remove it whatever happens."""
        # Without sargeo there, nothing need travel.
        ask = f"{self.sargeo} --version >&2 && mktemp -d -t {_PREFIX}XXXXXXXX"
        answer = self._do(self._start(ask), cancelled)[-1:]
        folder = PurePosixPath(*answer)
        if not folder.name.startswith(_PREFIX):
            raise PluginError(
                f"{self.host} answered {str(folder)!r} when asked for a temporary folder.",
                "Check that its shell prints nothing of its own when ssh logs in.",
            )
        try:
            yield folder
        finally:
            self._remove(folder, listen)

    def _remove(self, folder: PurePosixPath, listen: Listener) -> None:
        """Remove a folder there; if it stays, that must not hide how the run ended."""
        try:
            self._do(self._start(f"rm -rf {shlex.quote(str(folder))}"), _never)
        except PluginError as error:
            message = f"The folder {folder} stays on {self.host}. {error.problem}"
            listen("warning", {"message": message})

    def _start_mapping(self, there: MapRequest, folder: PurePosixPath) -> Child:
        """Start the run; if it fails, its folder goes even where the connection is gone by then."""
        words = shlex.join([*there.words(), "--progress", "jsonl", "--watch-stdin"])
        remove = f"code=$?; rm -rf {shlex.quote(str(folder))}; exit $code"
        command = f"{self.sargeo} {words} || {{ {remove}; }}"
        return self._start(command, watches_input=True)

    def _send(
        self,
        request: MapRequest,
        folder: PurePosixPath,
        listen: Listener,
        cancelled: Callable[[], bool],
    ) -> MapRequest:
        """Copy scene and area there; return the request as it reads there."""
        scene = Path(request.scene)
        there = replace(request, output_folder=folder / "out")  # type: ignore[arg-type]
        files = []
        if scene.exists():
            files += files_of(scene)
            there = replace(there, scene=str(folder / scene.name))
        if request.aoi is not None:
            files.append(request.aoi)
            there = replace(there, aoi=folder / request.aoi.name)  # type: ignore[arg-type]
        if files:
            _tell(listen, "upload")
            target = f"{self.host}:{folder}/"
            self._do(self._scp(*(_local(path) for path in files), target), cancelled)
        return there

    def _fetch(
        self,
        there: PurePosixPath,
        here: Path,
        names: Sequence[str],
        cancelled: Callable[[], bool],
    ) -> None:
        """Copy the products beside their places, then rename them: none is ever there in part."""
        beside = here / ".sargeo-download"
        shutil.rmtree(beside, ignore_errors=True)
        try:
            beside.mkdir(parents=True)
            self._copy_here(there, beside, cancelled)
            for name in names:
                (beside / name).replace(here / name)
        except OSError as error:
            raise PluginError(
                f"The products cannot be put into {here}: {error.strerror or error}.",
                "Free some space there, and close programs that hold older products open.",
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _copy_here(self, there: PurePosixPath, beside: Path, cancelled: Callable[[], bool]) -> None:
        """Copy what a folder there holds.

        Raises
        ------
        OSError
            If there is no room for it here, as far as scp tells: it ends the same way whatever it
            cannot write or read, and what lies there was written by the run that has just ended.
        """
        with self._scp(f"{self.host}:{there}/.", _local(beside)) as child:
            list(child.lines(cancelled))
            code = child.exit_code()
        if code == _NOT_COPIED:
            raise OSError(_last(child.errors).rstrip("."))
        if code != 0:
            raise self._explain(code, list(child.errors))

    def _start(self, command: str, *, watches_input: bool = False) -> Child:
        return self._run("ssh", "--", self.host, command, watches_input=watches_input)

    def _scp(self, *words: str) -> Child:
        return self._run("scp", "-q", "-r", "--", *words)

    def _run(self, name: str, *words: str, watches_input: bool = False) -> Child:
        program = openssh(name, self.variables, self.platform)
        return Child(
            [program, *OPTIONS, *words],
            environment=self.variables,
            watches_input=watches_input,
            remedy=f"Try {name} in a terminal; if it does not run there, install OpenSSH anew.",
        )

    def _do(self, child: Child, cancelled: Callable[[], bool]) -> list[str]:
        with child:
            lines = list(child.lines(cancelled))
            code = child.exit_code()
        if code != 0:
            raise self._explain(code, list(child.errors))
        return lines

    def _explain(self, code: int, errors: Sequence[str]) -> PluginError:
        said = f"{_last(errors).rstrip('.')}."
        if code == _NOT_FOUND:
            return PluginError(
                f"{self.host} does not know the command {self.sargeo}.",
                "Install sargeo there, or set its full path on the Setup page of the sargeo panel.",
            )
        if code == _NO_CONNECTION or code < 0:  # or ssh itself was killed
            return PluginError(
                f"The connection to {self.host} failed: {said}",
                f"Try `{as_text(['ssh', self.host], platform='linux')}` in a terminal until it"
                " works without a password, and prints nothing of its own.",
            )
        if code == _KILLED:
            return PluginError(
                f"{self.host} ended sargeo, most likely because memory ran out there.",
                "Map a smaller area, or another time.",
            )
        return PluginError(
            f"{self.host} ended with exit code {code}: {said}",
            f"Log in to {self.host} and try `{self.sargeo} doctor`.",
        )


def openssh(name: str, variables: Mapping[str, str], platform: str) -> str:
    """Return a program of the OpenSSH client of this machine.

    Parameters
    ----------
    name : str
        ``"ssh"`` or ``"scp"``.
    variables : mapping of str to str
        Environment variables.
    platform : str
        As ``sys.platform``.

    Raises
    ------
    PluginError
        If there is none.
    """
    windows = platform == "win32"
    # Not in the PATH of QGIS on Windows.
    folders = [str(system_folder(variables) / "OpenSSH")] if windows else []
    found = find_program(name, variables, *folders)
    if found is None:
        raise PluginError(
            f"This machine has no {name}, with which scenes are mapped on another machine.",
            "Add the OpenSSH client in Windows under Settings > System > Optional features."
            if windows
            else "Install the OpenSSH client with the system's package manager.",
        )
    return found


def _refuse_existing(request: MapRequest) -> None:
    """Refuse as sargeo does; over there it sees an empty folder."""
    if request.overwrite:
        return
    folder = request.output_folder
    for path in Products.of_scene(folder, stem_of(Path(request.scene))).outputs().values():
        raise SargeoError(
            f"{folder} already holds products of this scene ({Path(path).name}).",
            "Choose another output folder, or add --overwrite to replace them.",
            "products_exist",
        )


def _last(errors: Sequence[str]) -> str:
    """Return the last line that says something."""
    return next((line.strip() for line in reversed(errors) if line.strip()), "no message")


def _local(path: Path) -> str:
    # Absolute, since scp takes what stands before a colon for a host unless a slash precedes it;
    # the OpenSSH of Windows knows its drive letters.
    return str(path.absolute())


def _never() -> bool:
    return False


def _tell(listen: Listener, phase: str) -> None:
    listen("progress", {"phase": phase, "done": 0, "total": 1, "eta_s": None})
