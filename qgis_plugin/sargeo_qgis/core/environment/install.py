"""Making a managed environment, so that it is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..child_environment import Network, child_environment
from ..errors import PluginError
from ..interpreter import python_of
from ..locks import exclusive
from .bundle import REQUIREMENTS, unpack
from .choices import Choices
from .failures import explain
from .machine import OLDEST_UV
from .places import LOCK, LOG, PYTHONS, Installation, new_folder, read_current, write_current
from .plan import LOCKED, InstallPlan
from .steps import run_step
from .upkeep import clean_up, discard, discard_file
from .verify import verify

Progress = Callable[[float, str], None]
"""Gets what is done, from 0 to 1, and a line of what is going on."""

#: Libraries of CUDA, which each build of torch names by itself, to the version.
CUDA_PREFIXES = ("cuda-", "nvidia-", "triton")

# What uv prints where there is no terminal.
_DOWNLOADING = re.compile(r"Downloading (\S+) \(([\d.]+)([KMG])iB\)")
_DOWNLOADED = re.compile(r" Downloaded (\S+)")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

# What is done, from 0 to 1, when a part is finished.
_MADE, _UNPACKED, _UV_FETCHED, _INSTALLED = 0.02, 0.3, 0.34, 0.92


def install(
    plan: InstallPlan,
    *,
    progress: Progress,
    cancelled: Callable[[], bool],
    network: Network | None = None,
) -> Path:
    """Make the managed environment that is planned, and let it be the one in use.

    Parameters
    ----------
    plan : InstallPlan
        To which the user has agreed.
    progress : callable
        Gets what is done, from 0 to 1, and a line of what is going on.
    cancelled : callable
        Whether to stop; nothing is left then, and what was in use stays so.
    network : Network, optional
        Proxy and certificates of QGIS.

    Returns
    -------
    Path
        Its Python.

    Raises
    ------
    CancelledError
        If `cancelled` says so.
    PluginError
        If another window installs, or something fails; nothing is left then, either.
    """
    root, platform = plan.root, plan.machine.platform
    with exclusive(root / LOCK, holder="installing sargeo", platform=platform):
        clean_up(root)
        discard_file(root / LOG)
        folder = new_folder(root)
        with _removed_on_failure(folder, root / LOG):
            work = _Work(plan, folder, progress, cancelled, network)
            work.make()
            work.fill()
            installation = work.verify()
            write_current(root, installation)
        clean_up(root)
    progress(1.0, f"sargeo {installation.sargeo_version} is installed in {folder}.")
    return python_of(folder, platform)


def choices_in_use(root: Path) -> Choices:
    """Return the choices behind the managed environment; those of a new one if they are lost."""
    try:
        installation = read_current(root)
        return Choices(**installation.choices) if installation else Choices()
    except (PluginError, TypeError):
        return Choices()


@dataclass(frozen=True)
class _Work:
    """One installation, on its way."""

    plan: InstallPlan
    folder: Path
    progress: Progress
    cancelled: Callable[[], bool]
    network: Network | None

    def make(self) -> None:
        """Make an empty environment."""
        base, uv = self.plan.base, self.plan.installer
        if base.python is None:
            command = [str(uv), "venv", "--managed-python", "--python", base.version]
        elif uv is not None:
            command = [str(uv), "venv", "--python", str(base.python)]
        else:
            command = [str(base.python), "-I", "-m", "venv"]
        self._run([*command, str(self.folder)], self._part(0.0, _MADE))

    def fill(self) -> None:
        """Install sargeo and its libraries."""
        wheels = self.folder / "wheels"
        if self.plan.manifest is not None:
            unpack(
                Path(self.plan.choices.file),
                self.plan.manifest,
                wheels,
                progress=self._part(_MADE, _UNPACKED),
                cancelled=self.cancelled,
            )
        uv = [str(self.plan.installer)] if self.plan.installer else self._fetch_uv(wheels)
        command = [*uv, "pip", "install", "--python", str(self._python)]
        command += ["--only-binary", ":all:", *self._sources(wheels)]
        shares = _Shares(self.plan.download_bytes)
        part = self._part(_UV_FETCHED, _INSTALLED)
        cache = self.folder / "cache"
        # A user of uv shares files between environments; nobody else wants a copy of gigabytes.
        shared = self.plan.installer is not None and self.plan.manifest is None
        more = {} if shared else {"UV_CACHE_DIR": str(cache)}
        self._run(command, lambda _, line: part(shares.after(line), line), more)
        for folder in (wheels, cache):
            shutil.rmtree(folder, ignore_errors=True)

    def verify(self) -> Installation:
        """Let sargeo look at itself; return what to keep in mind."""
        self.progress(_INSTALLED, "Checking the new environment")
        found = verify(self._python, self.plan.machine, self.cancelled)
        if self.plan.accelerator == "cuda" and found.accelerator == "cpu":
            self.progress(1.0, "Warning: torch cannot use the GPU; sargeo will run on the CPU.")
        return Installation(
            name=self.folder.name,
            python_version=found.interpreter.python_version,
            sargeo_version=found.interpreter.sargeo_version,
            accelerator=found.accelerator,
            choices=asdict(self.plan.choices),
        )

    @property
    def _python(self) -> Path:
        return python_of(self.folder, self.plan.machine.platform)

    def _fetch_uv(self, wheels: Path) -> list[str]:
        command = [str(self._python), "-I", "-m", "pip", "install", "--disable-pip-version-check"]
        if self.plan.manifest is not None:
            command += ["--isolated", "--no-index", "--find-links", str(wheels)]
        oldest = ".".join(map(str, OLDEST_UV))
        self._run([*command, f"uv>={oldest}"], self._part(_UNPACKED, _UV_FETCHED))
        return [str(self._python), "-I", "-m", "uv"]

    def _sources(self, wheels: Path) -> list[str]:
        if self.plan.manifest is not None:
            offline = ["--offline", "--no-index", "--find-links", str(wheels)]
            return [*offline, "--require-hashes", "-r", str(wheels / REQUIREMENTS)]
        constraints = self.folder / "constraints.txt"
        locked = LOCKED.read_text(encoding="utf-8")
        constraints.write_text(constraints_for(self.plan.torch_backend, locked), encoding="utf-8")
        backend = ["--torch-backend", self.plan.torch_backend] if self.plan.torch_backend else []
        return [*backend, "-c", str(constraints), *self.plan.requirements]

    def _run(
        self, command: list[str], progress: Progress, more: Mapping[str, str] | None = None
    ) -> None:
        run_step(
            command,
            environment={**self._environment(), **(more or {})},
            log=self.plan.root / LOG,
            platform=self.plan.machine.platform,
            listen=lambda line: progress(0.0, line),
            cancelled=self.cancelled,
        )

    def _environment(self) -> dict[str, str]:
        machine = self.plan.machine
        variables = child_environment(
            machine.variables, platform=machine.platform, network=self.network
        )
        # uv trusts what the system trusts; the name of that variable has changed.
        variables.update(UV_SYSTEM_CERTS="1", UV_NATIVE_TLS="1", UV_NO_PROGRESS="1")
        variables["UV_PYTHON_INSTALL_DIR"] = str(self.plan.root / PYTHONS)
        if self.plan.index:
            variables["UV_DEFAULT_INDEX"] = variables["PIP_INDEX_URL"] = self.plan.index
        return variables

    def _part(self, start: float, end: float) -> Progress:
        return lambda share, line: self.progress(start + (end - start) * share, line)


class _Shares:
    """What uv has done, from 0 to 1, by what it prints.

    Parameters
    ----------
    expected_bytes : int
        About what it will download.
    """

    def __init__(self, expected_bytes: int) -> None:
        self._expected = max(expected_bytes, 1)
        self._sizes: dict[str, float] = {}
        self._done = 0.0

    def after(self, line: str) -> float:
        """Return the share after a further line."""
        begun, done = _DOWNLOADING.match(line), _DOWNLOADED.match(line)
        if begun is not None:
            self._sizes[begun[1]] = float(begun[2]) * _UNITS[begun[3]]
        elif done is not None:
            self._done += self._sizes.get(done[1], 0.0)
        elif line.startswith("Prepared"):  # all is there, from wherever
            self._done = self._expected
        return min(0.9, self._done / self._expected)


def constraints_for(torch_backend: str, locked: str) -> str:
    """Return the versions to hold to.

    Parameters
    ----------
    torch_backend : str
        As of `InstallPlan`. A torch for another CUDA than PyPI's needs other libraries of CUDA.
    locked : str
        The locked requirements.
    """
    if torch_backend != "auto":
        return locked
    lines = locked.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(CUDA_PREFIXES))


@contextlib.contextmanager
def _removed_on_failure(folder: Path, log: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        discard(folder)
        if isinstance(error, FileNotFoundError):  # such as a bundle on a disk that was unplugged
            raise PluginError(
                f"A file that was there when this was planned is gone: {error}.",
                "Press Check this machine to plan it anew, and follow what it says.",
            ) from error
        if isinstance(error, OSError):  # of ours, not of a child: a full disk, mostly
            raise explain([str(error)], log) from error
        raise
