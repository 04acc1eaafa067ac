"""The authorities that QGIS trusts, as a file for programs that are not QGIS."""

from __future__ import annotations

from pathlib import Path

from .errors import PluginError

#: Name of the file.
AUTHORITIES = "authorities.pem"


def write_authorities(pem: bytes, folder: Path) -> Path:
    """Write authorities to a file, unless they stand there already.

    Parameters
    ----------
    pem : bytes
        Their certificates.
    folder : Path
        One of the user's own: whoever can write there can say whom to trust.

    Raises
    ------
    PluginError
        If the file cannot be written.
    """
    path = folder / AUTHORITIES
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Another window may be installing with it, and Windows keeps a file that is read.
        if not path.exists() or path.read_bytes() != pem:
            beside = path.with_suffix(".new")
            beside.write_bytes(pem)
            beside.replace(path)
    except OSError as error:
        raise PluginError(
            f"The certificates that QGIS trusts cannot be written to {path}:"
            f" {error.strerror or error}.",
            "Free some space there, and close other QGIS windows.",
        ) from error
    return path
