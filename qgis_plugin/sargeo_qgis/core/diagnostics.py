"""What a report of an error needs, as Markdown, without names of the user."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

#: Lines of a log that a report holds.
LOG_LINES = 80

# What stands between a scheme and the host of an address.
_SECRETS = re.compile(r"(?<=://)[^/\s@]+@")


def report(
    versions: Mapping[str, str], doctor: Mapping[str, Any] | str, command: str, log: Sequence[str]
) -> str:
    """Write a report.

    Parameters
    ----------
    versions : mapping of str to str
        Of the plugin, QGIS and what it is built on.
    doctor : mapping or str
        What ``sargeo doctor --json`` told, or why it could not.
    command : str
        Of the run; empty for none.
    log : sequence of str
        Its lines.
    """
    facts = doctor if isinstance(doctor, str) else json.dumps(doctor, indent=2)
    parts = [
        "## sargeo for QGIS",
        "\n".join(f"- {name}: {version}" for name, version in versions.items()),
        f"### sargeo doctor\n```json\n{facts}\n```",
    ]
    if command:
        parts.append(f"### Command\n```\n{command}\n```")
    if log:
        parts.append("### Log\n```\n" + "\n".join(log[-LOG_LINES:]) + "\n```")
    return without_names("\n\n".join(parts), Path.home()) + "\n"


def without_names(text: str, home: Path) -> str:
    """Return a text without the user's home folder and without passwords in addresses."""
    text = _SECRETS.sub("", text)
    for path in {str(home), home.as_posix(), str(home).replace("\\", "\\\\")}:
        if len(path) > 1:  # the home of a service may be /
            text = text.replace(path, "~")
    return text
