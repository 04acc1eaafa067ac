"""Where the products of a scene go if the user names no folder: beside the file that holds it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from ..translation import tr
from .errors import PluginError

_REMOTE = re.compile(
    r"/vsi(curl|s3|gs|az|adls|oss|swift|hdfs|webhdfs)(_streaming)?[/?]|\b(https?|ftp)://", re.I
)
_MEMORY = re.compile(r"/vsimem/|<VRTDataset", re.I)

# An address of GDAL that is no path: in an archive, or behind the name of a driver. A drive of
# Windows has one letter.
_ADDRESS = re.compile(r"/vsi\w+/|[A-Za-z]\w+:")

# Where a path within an address may begin and end: `GPKG:/data/a.gpkg:vv`,
# `/vsizip/{C:/data/a.zip}/b.tif`, `NETCDF:"a.nc":vv`, `vrt:///data/a.tif?bands=1`.
_BEGINNING = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]:[/\\]|/|\\\\)")
_END = re.compile(r"""(?=[:"'/\\{}?|,])|$""")

# What QGIS writes behind the path of a layer.
_OF_LAYER = re.compile(r"\|\w+[=:].*", re.DOTALL)


def default_folder(
    source: str,
    stem: str,
    temporary: Sequence[str] = (),
    is_file: Callable[[str], bool] = os.path.isfile,
) -> str:
    """Return the folder to propose for the products of a scene.

    Parameters
    ----------
    source : str
        Path of the scene as GDAL and QGIS understand it: a file, of this system or another, or a
        raster in an archive or behind the name of a driver.
    stem : str
        First part of the names of the products.
    temporary : sequence of str
        Folders that go when QGIS ends.
    is_file : callable
        Tells whether a path is a file.

    Raises
    ------
    PluginError
        If the scene lies where no folder would stay: on a server, in memory, in a folder that
        goes; or if no file is found that holds it.
    """
    path = _OF_LAYER.sub("", source)
    if _REMOTE.search(path):
        raise _nowhere(tr("The scene lies on a server."))
    if _MEMORY.search(path):
        raise _nowhere(tr("The scene exists in memory only."))
    name = stem
    if _ADDRESS.match(path):
        holder = _file_within(path, is_file)
        if not holder:
            raise _nowhere(tr("Which file holds {scene} is not known.", scene=source))
        if not path.startswith("/vsi"):  # sargeo calls all rasters of one file the same
            behind = path[path.index(holder) + len(holder) :]
            name = "_".join([_pure(holder).stem, *re.findall(r"\w+", behind)])
        path = holder
    beside = _pure(path).parent
    if any(beside.is_relative_to(folder) for folder in temporary):
        raise _nowhere(tr("The scene lies in a folder that is removed when QGIS ends."))
    return str(beside / f"{name}_sargeo")


def _nowhere(problem: str) -> PluginError:
    return PluginError(problem, tr("Choose a folder for the products."))


def _file_within(address: str, is_file: Callable[[str], bool]) -> str:
    """Return the longest path within an address that is a file, or nothing."""
    found = {
        address[begin.start() : end.start()]
        for begin in _BEGINNING.finditer(address)
        for end in _END.finditer(address, begin.start())
    }
    return max(filter(is_file, filter(None, found)), key=len, default="")


def _pure(path: str) -> PurePath:
    """Return a path as its own system reads it."""
    return PureWindowsPath(path) if re.match(r"[A-Za-z]:|\\\\", path) else PurePosixPath(path)
