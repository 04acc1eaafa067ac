"""Mapping on another machine: the scene goes there by ssh, the products come back.

The other machine needs a POSIX shell and sargeo; this one the OpenSSH client, which Windows, macOS
and Linux have. Keys must be set up: there is nobody to type a password.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from .errors import PluginError
from .map_request import MapRequest
from .process import Child
from .sargeo import Facts, Listener, as_text, follow

CONNECT_TIMEOUT_S = 15
OPTIONS = ("-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_TIMEOUT_S}")

#: Exit codes of ssh itself, and of a shell that does not find a command.
_NO_CONNECTION, _NOT_FOUND = 255, 127

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
    """

    host: str
    sargeo: str
    variables: Mapping[str, str]

    def command(self, request: MapRequest) -> list[str]:
        """Return the command that maps there a scene that lies there."""
        words = shlex.join(request.words())
        return ["ssh", *OPTIONS, self.host, f"{self.sargeo} {words}"]

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
        with self._folder(cancelled) as folder:
            there = self._send(request, folder, listen, cancelled)
            words = [*there.words(), "--progress", "jsonl", "--watch-stdin"]
            result = follow(
                self._start(f"{self.sargeo} {shlex.join(words)}"),
                listen,
                cancelled,
                explain=self._explain,
            )
            _tell(listen, "download")
            self._fetch(folder / "out", request.output_folder, cancelled)
        products = [request.output_folder / PurePosixPath(p).name for p in result["products"]]
        return {**result, "products": [str(path) for path in products]}

    @contextmanager
    def _folder(self, cancelled: Callable[[], bool]) -> Iterator[PurePosixPath]:
        """Make a folder there, and remove it whatever happens."""
        lines = self._do(self._start(f"mktemp -d -t {_PREFIX}XXXXXXXX"), cancelled)
        folder = PurePosixPath(lines[-1])
        if not folder.name.startswith(_PREFIX):
            raise PluginError(
                f"{self.host} answered {lines[-1]!r} when asked for a temporary folder.",
                "Check that its shell prints nothing of its own when ssh logs in.",
            )
        try:
            yield folder
        finally:
            self._do(self._start(f"rm -rf {shlex.quote(str(folder))}"), _never)

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
            files += [scene, *_existing(scene.with_name(f"{scene.name}.aux.xml"))]
            there = replace(there, scene=str(folder / scene.name))
        if request.aoi is not None:
            files.append(request.aoi)
            there = replace(there, aoi=folder / request.aoi.name)  # type: ignore[arg-type]
        if files:
            _tell(listen, "upload")
            target = f"{self.host}:{folder}/"
            self._do(self._scp("-r", *(_local(path) for path in files), target), cancelled)
        return there

    def _fetch(self, there: PurePosixPath, here: Path, cancelled: Callable[[], bool]) -> None:
        """Copy the products beside their places, then rename them: none is ever there in part."""
        beside = here / ".sargeo-download"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        try:
            self._do(self._scp("-r", f"{self.host}:{there}/.", _local(beside)), cancelled)
            for path in beside.iterdir():
                path.replace(here / path.name)
        except OSError as error:
            raise PluginError(
                f"The products cannot be put into {here}: {error.strerror or error}.",
                "Free some space there, and close programs that hold older products open.",
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _start(self, command: str) -> Child:
        return Child(["ssh", *OPTIONS, self.host, command], environment=self.variables)

    def _scp(self, *words: str) -> Child:
        return Child(["scp", *OPTIONS, "-q", *words], environment=self.variables)

    def _do(self, child: Child, cancelled: Callable[[], bool]) -> list[str]:
        with child:
            lines = list(child.lines(cancelled))
            code = child.exit_code()
        if code != 0:
            raise self._explain(code, list(child.errors))
        return lines

    def _explain(self, code: int, errors: Sequence[str]) -> PluginError:
        last = next((line.strip() for line in reversed(errors) if line.strip()), "no message")
        if code == _NOT_FOUND:
            return PluginError(
                f"{self.host} does not know the command {self.sargeo}.",
                "Install sargeo there, or set its full path on the Setup page of the sargeo panel.",
            )
        if code == _NO_CONNECTION:
            return PluginError(
                f"ssh cannot reach {self.host}: {last}",
                f"Try `{as_text(['ssh', self.host], platform='linux')}` in a terminal until it"
                " works without a password.",
            )
        return PluginError(
            f"{self.host} ended with exit code {code}: {last}",
            f"Log in to {self.host} and try `{self.sargeo} doctor`.",
        )


def _existing(path: Path) -> list[Path]:
    return [path] if path.exists() else []


def _local(path: Path) -> str:
    # Absolute, since scp takes what stands before a colon for a host unless a slash precedes it;
    # the OpenSSH of Windows knows its drive letters.
    return str(path.absolute())


def _never() -> bool:
    return False


def _tell(listen: Listener, phase: str) -> None:
    listen("progress", {"phase": phase, "done": 0, "total": 1, "eta_s": None})
