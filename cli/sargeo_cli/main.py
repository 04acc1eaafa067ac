"""The application: its commands, its exit codes, and what it says when something fails."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from sargeo.errors import CancelledError, UsageError
from sargeo.foreign import set_aside_foreign_variables
from sargeo_cli.commands.ask import ask
from sargeo_cli.commands.assess import assess
from sargeo_cli.commands.caption import caption
from sargeo_cli.commands.classify import classify
from sargeo_cli.commands.demo import demo
from sargeo_cli.commands.doctor import doctor
from sargeo_cli.commands.embed import embed
from sargeo_cli.commands.info import info
from sargeo_cli.commands.map import map_command
from sargeo_cli.commands.model import model
from sargeo_cli.commands.search import search
from sargeo_cli.commands.webmap import webmap
from sargeo_cli.commands.zones import zones
from sargeo_cli.failures import describe_failure, present_failure
from sargeo_cli.joined import join_commands
from sargeo_cli.progress import wants_json_lines
from sargeo_cli.streams import lost_output, patient_streams

DEBUG = "--debug"


class PlainHelpGroup(TyperGroup):
    """Shows its help as plain text: importing what draws the boxes takes longer than all else."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "rich_markup_mode": None})


app = typer.Typer(cls=PlainHelpGroup, add_completion=False)
app.command("map")(map_command)
app.command()(info)
app.command()(webmap)
app.command()(assess)
app.command()(zones)
app.command()(embed)
app.command()(classify)
app.command()(search)
app.command()(caption)
app.command()(ask)
app.command()(doctor)
app.command()(demo)
app.add_typer(model, name="model")
join_commands(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        import sargeo

        typer.echo(f"sargeo {sargeo.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def top(
    ctx: typer.Context,
    version: Annotated[  # noqa: ARG001  its callback acts
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
    debug: Annotated[  # noqa: ARG001  `run` reads it, wherever it stands
        bool, typer.Option(DEBUG, help="Show the traceback of an error; may stand anywhere.")
    ] = False,
) -> None:
    """Map full georeferenced SAR scenes: land cover, ships, and their counts per cell."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def run(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str
        Without the program's name.
    """
    debug = DEBUG in argv
    args = [word for word in argv if word != DEBUG]
    try:
        _refuse_undecodable(args)
        code = _invoke(args, quiet=not debug)
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            traceback.print_exc()
        failure = describe_failure(error)
        present_failure(failure, json_lines=wants_json_lines(args))
        return failure.exit_code
    return code


def _refuse_undecodable(args: Sequence[str]) -> None:
    """Refuse names of files that are no text: neither GDAL nor JSON takes them."""
    for word in args:
        if any("\ud800" <= letter <= "\udfff" for letter in word):
            shown = word.encode("utf-8", "backslashreplace").decode("utf-8")
            raise UsageError(
                f"{shown} is not written in UTF-8.", "Rename the file or folder, in plain letters."
            )


def _invoke(args: Sequence[str], *, quiet: bool) -> int:
    with warnings.catch_warnings():
        # What users should know reaches them through the reporter.
        if quiet and not sys.warnoptions:
            warnings.simplefilter("ignore")
        code = get_command(app).main(
            args, prog_name="sargeo", standalone_mode=False, obj=("sargeo", *args)
        )
    if code == CancelledError.exit_code:  # so Typer returns from a KeyboardInterrupt
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command line of this process: the entry point."""
    set_aside_foreign_variables()
    with patient_streams() as problems:
        code = run(sys.argv[1:])
    if problems and code == 0:
        failure = lost_output(problems[0])
        present_failure(failure, json_lines=False)
        code = failure.exit_code
    sys.exit(code)
