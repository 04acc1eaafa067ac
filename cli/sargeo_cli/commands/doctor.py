"""``sargeo doctor``: what a bug report needs."""

from __future__ import annotations

import typer

from sargeo.errors import EnvironmentLackError
from sargeo_cli import options as o
from sargeo_cli.render import show


def doctor(as_json: o.AsJson = False) -> None:
    """Check this installation.

    Versions, drivers, devices, memory, disk and the model: what a bug report needs. The exit code
    is 4 if anything that mapping needs is missing.
    """
    from sargeo.diagnosis import diagnose

    diagnosis = diagnose()
    show(diagnosis.to_dict(), as_json=as_json)
    if diagnosis.problems:
        raise typer.Exit(EnvironmentLackError.exit_code)
