"""What installers print when they fail, in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import PluginError

# From uv 0.13 and pip 23, on Linux, with Windows' words beside. The first that is found counts:
# pip also says "no matching distribution" where it could not look for one.
_KINDS = (
    (
        r"407 proxy|proxy authori[sz]ation required",
        "The proxy asks for a user name and a password.",
        "Enter them in QGIS under Settings > Options > Network, then try again.",
    ),
    (
        r"tunnel error|proxyerror|cannot connect to proxy",
        "The proxy cannot be reached.",
        "Check its address in QGIS under Settings > Options > Network, then try again.",
    ),
    (
        r"invalid peer certificate|certificate.verify.failed|unknownissuer",
        "The certificate of the package index is not trusted here, as when a proxy or virus"
        " scanner looks into connections.",
        "Add the certificate of its authority in QGIS under Settings > Options > Authentication,"
        " or name a file by the variable SSL_CERT_FILE.",
    ),
    (
        r"no space left|os error 28\b|not enough space|os error 112\b|quota exceeded",
        "The disk is full.",
        "Free some space, then try again.",
    ),
    (
        r"hash mismatch|do not match the hashes",
        "A file is not what it should be: its hash differs.",
        "Try again; if it stays so, the index or bundle is damaged, or has been tampered with.",
    ),
    (
        r"\b(401|403)\b.{0,20}(unauthorized|forbidden)",
        "The package index refuses access.",
        "Check its address, and the user name and password in .netrc in your home folder.",
    ),
    (
        r"dns error|failed to lookup address|name resolution|getaddrinfo|no such host"
        r"|network is unreachable|connection refused|connection reset|timed out"
        r"|error sending request|failed to establish a new connection",
        "The package index cannot be reached.",
        "Check the network, and the proxy in QGIS under Settings > Options > Network; or install"
        " from a bundle, for which no network is needed.",
    ),
    (
        r"ensurepip is not (available|found)|no module named '?(ensurepip|venv)",
        "This Python cannot make environments, as its modules venv and ensurepip are missing.",
        "Install the package python3-venv with the system's package manager, or uv.",
    ),
    (
        r"no solution found|no matching distribution|requires-python|no wheels with a matching",
        "The package index has no set of versions that fits this Python and machine.",
        "Use a Python that sargeo supports (3.11 to 3.14), and an index that is complete.",
    ),
    (
        r"permission denied|access is denied|os error (5|13|32)\)|winerror (5|32)\b"
        r"|being used by another process|read-only file system",
        "A file cannot be written: its folder is protected, or a virus scanner holds it.",
        "Try again; if it stays so, exempt the folder from the scanner, or choose another by the"
        " variable SARGEO_ENVIRONMENTS.",
    ),
)


def explain(lines: Sequence[str], log: Path) -> PluginError:
    """Put the failure of an installer into sentences.

    Parameters
    ----------
    lines : sequence of str
        The last lines of what it printed.
    log : Path
        The file that holds all of them.
    """
    text = "\n".join(lines)
    for pattern, problem, remedy in _KINDS:
        if re.search(pattern, text, re.IGNORECASE):
            return PluginError(problem, remedy)
    errors = [line for line in lines if line.lower().startswith("error:")]
    said = next((line.strip() for line in reversed(errors or lines) if line.strip()), "no message")
    return PluginError(f"The installation failed: {said.rstrip('.')}.", f"Read the log: {log}.")
