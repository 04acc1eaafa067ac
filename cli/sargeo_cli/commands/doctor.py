"""``sargeo doctor``: what a bug report needs."""

from __future__ import annotations

import typer

from sargeo.errors import EnvironmentLackError
from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.render import print_json
from sargeo_cli.views.diagnosis import show_diagnosis


def doctor(as_json: o.AsJson = False) -> None:
    """Check this installation.

    Versions, drivers, devices, memory, disk and the model: what a bug report needs. The exit code
    is 4 if anything that mapping needs is missing.
    """
    from sargeo.diagnosis import diagnose

    diagnosis = diagnose()
    if as_json:
        print_json(diagnosis.to_dict())
    else:
        page = Page()
        show_diagnosis(page, diagnosis.to_dict())
        if diagnosis.problems:
            page.next_command("have the same for a bug report", ["doctor", "--json"])
        else:
            page.next_command("map a scene that comes with sargeo", ["demo", "-o", "demo_out"])
    if diagnosis.problems:
        raise typer.Exit(EnvironmentLackError.exit_code)
