"""What the user chose for an installation, which is kept to repeat it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from ..errors import PluginError
from ..interpreter import SARGEO_REQUIRED, dotted, refuse_version

#: Variables by which a user or an administrator names a package index, for uv and for pip.
INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


@dataclass(frozen=True)
class Choices:
    """What the user chose; all fields are ready for JSON.

    Parameters
    ----------
    file : str
        A wheel of sargeo, whose dependencies come from the index; or a bundle of ``make bundle``,
        with which nothing is fetched; empty takes sargeo from the index.
    index : str
        Address of a package index to use in place of PyPI.
    plain : bool
        Take torch, too, from the index just as it has it. Without this the build for CPUs or for
        the GPU's driver comes from PyTorch's own index, unless another index is named.
    python : str
        The Python, or folder of an environment, to base the managed environment on; empty looks
        for one.
    accelerator : str
        ``"cpu"``, ``"cuda"``, or ``"auto"`` for what the machine has.
    """

    file: str = ""
    index: str = ""
    plain: bool = False
    python: str = ""
    accelerator: str = "auto"

    @property
    def wheel(self) -> Path | None:
        """The wheel of sargeo, if that is the choice."""
        return Path(self.file) if self.file.lower().endswith(".whl") else None

    @property
    def bundle(self) -> Path | None:
        """The bundle, if that is the choice."""
        return Path(self.file) if self.file.lower().endswith(".zip") else None

    def refuse_unusable(self) -> None:
        """Refuse a file that is missing or of another kind, and an address that is none.

        Raises
        ------
        PluginError
            If so.
        """
        _refuse_address(self.index)
        if not self.file:
            return
        if self.wheel is None and self.bundle is None:
            raise PluginError(
                f"{self.file} is neither a wheel (.whl) nor a bundle (.zip).",
                "Choose a wheel of sargeo, or a bundle that make bundle has made.",
            )
        if not Path(self.file).is_file():
            raise PluginError(
                f"There is no file {self.file}.", "Choose the wheel or bundle of sargeo again."
            )
        if self.wheel is not None:
            _refuse_wheel(self.wheel)


def _refuse_wheel(wheel: Path) -> None:
    name, version = [*wheel.name.split("-"), ""][:2]
    if name != "sargeo":
        raise PluginError(f"{wheel} is not a wheel of sargeo.", "Choose sargeo-….whl.")
    refuse_version(
        version,
        f"{wheel} holds sargeo {version}",
        remedy=f"Choose a wheel of sargeo {dotted(SARGEO_REQUIRED)}.",
    )


def _refuse_address(address: str) -> None:
    if not address:
        return
    parts = _split(address)
    if parts is None or parts.scheme not in ("https", "http", "file"):
        raise PluginError(
            f"{address} is not the address of a package index.",
            "Name one that begins with https://, such as https://pypi.org/simple.",
        )
    if parts.username or parts.password:
        # It is kept in a file for repairs.
        raise PluginError(
            f"The address of the index at {parts.hostname} holds a user name or password.",
            "Leave them out, and put them into the file .netrc in your home folder; or name no"
            f" index here, and set the variable {INDEX_VARIABLES[0]} to the whole address.",
        )


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:  # such as brackets that do not hold an address of IPv6
        return None


def without_secrets(address: str) -> str:
    """Return an address without the user name and password that a variable may give it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
