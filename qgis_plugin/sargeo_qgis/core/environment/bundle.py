"""The offline bundle: a zip with the wheels of sargeo and of all that it needs.

``bundle.json`` names the platform and the Python they are for and the SHA-256 of each file.
``qgis_plugin/tools/bundle.py`` in the sources makes one.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import CancelledError, PluginError
from ..interpreter import SARGEO_REQUIRED, dotted, refuse_version

#: What is read here; a later make of bundle has a higher number.
FORMAT = 1

MANIFEST, REQUIREMENTS = "bundle.json", "requirements.txt"

_CHUNK = 1 << 22

_REMEDY = "Get the bundle again, or make it anew with make bundle."


@dataclass(frozen=True)
class Manifest:
    """What ``bundle.json`` says.

    Parameters
    ----------
    format : int
        See `FORMAT`.
    sargeo : str
        Version of sargeo.
    platform : str
        As ``sys.platform``.
    machine : str
        As ``platform.machine()`` in lower case.
    python : str
        Major and minor version.
    unpacked_bytes : int
        What the wheels take when installed.
    files : dict
        SHA-256 by the name of the file in the zip.
    """

    format: int
    sargeo: str
    platform: str
    machine: str
    python: str
    unpacked_bytes: int
    files: dict[str, str]

    @property
    def python_version(self) -> tuple[int, ...]:
        """Major and minor version."""
        return tuple(int(number) for number in self.python.split("."))


def read_manifest(path: Path, platform: str) -> Manifest:
    """Return what a bundle says of itself.

    Raises
    ------
    PluginError
        If it is no bundle, or none for this platform and plugin.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest(**json.loads(archive.read(MANIFEST)))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise PluginError(
            f"{path} is no bundle of sargeo, or damaged: {error}.", _REMEDY
        ) from error
    if manifest.format != FORMAT:
        raise PluginError(
            f"{path} is a bundle of format {manifest.format}, and this plugin reads {FORMAT}.",
            "Use a plugin and a bundle of the same release.",
        )
    refuse_version(
        manifest.sargeo,
        f"{path} holds sargeo {manifest.sargeo}",
        remedy=f"Get a bundle of sargeo {dotted(SARGEO_REQUIRED)}.",
    )
    if manifest.platform != platform:
        raise PluginError(
            f"{path} is a bundle for {manifest.platform}, and this machine is {platform}.",
            "Get the bundle for this platform.",
        )
    return manifest


def unpack(
    path: Path,
    manifest: Manifest,
    folder: Path,
    *,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> None:
    """Unpack the files of a bundle side by side, checking the hash of each.

    Parameters
    ----------
    path : Path
        The bundle.
    manifest : Manifest
        What it says.
    folder : Path
        Where to; made if missing.
    progress : callable
        Gets what is done, from 0 to 1, and the name of a file.
    cancelled : callable
        Whether to stop.

    Raises
    ------
    CancelledError
        If `cancelled` says so.
    PluginError
        If a file is missing or damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(archive.getinfo(name).file_size for name in manifest.files) or 1
            done = 0
            for name, expected in manifest.files.items():
                progress(done / total, f"Unpacking {name}")
                if _unpack_member(archive, name, folder, cancelled) != expected:
                    raise PluginError(
                        f"{name} in {path} is not what it was when the bundle was made.", _REMEDY
                    )
                done += archive.getinfo(name).file_size
    except (zipfile.BadZipFile, KeyError) as error:
        raise PluginError(f"{path} is damaged: {error}.", _REMEDY) from error


def _unpack_member(
    archive: zipfile.ZipFile, name: str, folder: Path, cancelled: Callable[[], bool]
) -> str:
    digest = hashlib.sha256()
    target = folder / PurePosixPath(name).name  # whatever it says, it stays in the folder
    with archive.open(name) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            if cancelled():
                raise CancelledError
            digest.update(chunk)
            sink.write(chunk)
    return digest.hexdigest()
