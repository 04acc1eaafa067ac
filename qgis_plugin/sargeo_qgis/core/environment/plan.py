"""What an installation will do, known and checked before the user agrees to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...translation import tr
from ..interpreter import SARGEO_REQUIRED
from .bundle import Manifest, read_manifest
from .choices import INDEX_VARIABLES, Choices, without_secrets
from .machine import (
    Machine,
    find_uv,
    has_nvidia_gpu,
    in_words,
    refuse_full_disk,
    refuse_long_root,
)
from .places import refuse_foreign_files
from .pythons import BasePython, Needs, find_base, named_base

#: The versions to install: those with which this release was tested.
LOCKED = Path(__file__).with_name("requirements.txt")

#: Bytes to download and bytes on disk, measured with the locked requirements on Python 3.11 and
#: 3.12; those for CUDA on Linux, and taken for Windows, too.
SIZES = {
    "linux": (440_000_000, 1_520_000_000),
    "win32": (315_000_000, 1_100_000_000),
    "darwin": (276_000_000, 1_050_000_000),
    "cuda": (2_980_000_000, 5_540_000_000),
}

#: A Python that uv fetches: to download, and on disk.
PYTHON_SIZE = (35_000_000, 110_000_000)

# Free disk beyond what is known to be needed.
_RESERVE = 200_000_000


@dataclass(frozen=True)
class InstallPlan:
    """What an installation will do.

    Parameters
    ----------
    root : Path
        Folder of the managed environments.
    choices : Choices
        What the user chose.
    base : BasePython
        What the environment is based on.
    installer : Path or None
        uv; None lets the base's pip fetch it, or take it from the bundle.
    index : str
        The package index other than PyPI that is used, and nothing beside it; or empty.
    torch_backend : str
        The option of uv that chooses the build of torch; empty leaves it to the index.
    accelerator : str
        ``"cpu"`` or ``"cuda"``: what torch is to run on.
    manifest : Manifest or None
        Of the bundle.
    machine : Machine
        Where to install.
    """

    root: Path
    choices: Choices
    base: BasePython
    installer: Path | None
    index: str
    torch_backend: str
    accelerator: str
    manifest: Manifest | None
    machine: Machine

    @property
    def download_bytes(self) -> int:
        """About what is fetched."""
        if self.manifest is not None:
            return 0
        return self._sizes[0] + (PYTHON_SIZE[0] if self.base.python is None else 0)

    @property
    def disk_bytes(self) -> int:
        """About what is needed on disk."""
        if self.manifest is not None:
            return self.manifest.unpacked_bytes + Path(self.choices.file).stat().st_size
        return self._sizes[1] + (PYTHON_SIZE[1] if self.base.python is None else 0)

    @property
    def _sizes(self) -> tuple[int, int]:
        platform = self.machine.platform
        # PyPI's torch for Linux is that for CUDA.
        cuda = self.torch_backend == "auto" or (platform == "linux" and not self.torch_backend)
        return SIZES["cuda"] if cuda else SIZES.get(platform, SIZES["linux"])

    @property
    def requirements(self) -> list[str]:
        """What the installer is asked to install."""
        if self.manifest is not None:
            return [f"sargeo=={self.manifest.sargeo}"]
        if self.choices.wheel is not None:
            return [str(self.choices.wheel)]
        major, minor = SARGEO_REQUIRED
        return [f"sargeo>={major}.{minor},<{major}.{minor + 1}"]

    def describe(self) -> list[tuple[str, str]]:
        """Return what the user is to agree to: rows of what and how much."""
        fetched = in_words(self.download_bytes) if self.download_bytes else tr("nothing")
        inside = tr("pip and uv, both inside the environment")
        return [
            (tr("Location"), str(self.root)),
            (tr("Python"), self._python_in_words()),
            (tr("sargeo and its libraries from"), self._source_in_words()),
            (tr("Runs on"), self._processor_in_words()),
            (tr("Download, about"), fetched),
            (tr("On disk, about"), in_words(self.disk_bytes)),
            (tr("Installed with"), str(self.installer or inside)),
        ]

    def _python_in_words(self) -> str:
        if self.base.python is None:
            return tr("{version}, fetched by uv", version=self.base.version)
        return tr(
            "{version} ({python} stays as it is)",
            version=self.base.version,
            python=self.base.python,
        )

    def _processor_in_words(self) -> str:
        if self.accelerator == "cpu":
            return tr("processor")
        if self.torch_backend:
            return tr("NVIDIA graphics card")
        return tr("NVIDIA graphics card, if the torch from there is built for it")

    def _source_in_words(self) -> str:
        index = without_secrets(self.index) or "PyPI"
        if self.torch_backend:
            index = tr("{index} and the index of PyTorch", index=index)
        if self.choices.bundle is not None:
            return str(self.choices.bundle)
        if self.choices.wheel is None:
            return index
        return tr("{wheel} and {index}", wheel=self.choices.wheel, index=index)


def make_plan(choices: Choices, root: Path, machine: Machine) -> InstallPlan:
    """Look at this machine and plan an installation; this starts several Pythons.

    Parameters
    ----------
    choices : Choices
        What the user chose.
    root : Path
        Folder of the managed environments.
    machine : Machine
        Where to install.

    Raises
    ------
    PluginError
        If a choice cannot be used, no Python will do, the disk is full, the place is taken, or its
        path is too long.
    """
    choices.refuse_unusable()
    refuse_long_root(root, machine.platform)
    refuse_foreign_files(root)
    manifest = read_manifest(choices.bundle, machine.platform) if choices.bundle else None
    uv = find_uv(machine)
    accelerator = _accelerator(choices, machine)
    index = _index(choices, machine)
    plain = bool(manifest or index or choices.plain)
    plan = InstallPlan(
        root=root,
        choices=choices,
        base=_base(choices, manifest, uv, machine),
        installer=uv,
        index=index,
        torch_backend="" if plain else _torch_backend(accelerator, machine.platform),
        accelerator=accelerator,
        manifest=manifest,
        machine=machine,
    )
    refuse_full_disk(root, plan.disk_bytes + _RESERVE)
    return plan


def _base(
    choices: Choices, manifest: Manifest | None, uv: Path | None, machine: Machine
) -> BasePython:
    needs = Needs(venv=uv is None)
    if manifest is not None:
        needs = Needs(manifest.python_version, manifest.machine, venv=uv is None)
    if choices.python:
        return named_base(choices.python, needs, machine)
    return find_base(needs, machine, fetch=uv is not None and manifest is None)


def _accelerator(choices: Choices, machine: Machine) -> str:
    if machine.platform == "darwin":  # there is no CUDA
        return "cpu"
    if choices.accelerator == "auto":
        return "cuda" if has_nvidia_gpu(machine) else "cpu"
    return choices.accelerator


def _index(choices: Choices, machine: Machine) -> str:
    named = (machine.variables.get(name, "") for name in INDEX_VARIABLES)
    return choices.index or next(filter(None, named), "")


def _torch_backend(accelerator: str, platform: str) -> str:
    if accelerator == "cuda":
        return "auto"  # the CUDA of the driver, which may be older than that of PyPI's torch
    return "cpu" if platform == "linux" else ""  # elsewhere PyPI's torch is that for CPUs
