"""Commands that other packages bring, through the entry-point group "sargeo.commands".

``sargeo --help`` lists their names; their package is imported only when one is run.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import typer
from typer.main import get_command

GROUP = "sargeo.commands"


def join_commands(app: typer.Typer) -> None:
    """Add a command for every entry point of the group; each names a Typer application."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        _join(app, entry)


def _join(app: typer.Typer, entry: EntryPoint) -> None:
    package = entry.module.partition(".")[0]

    # All arguments, --help among them, go through to the command itself.
    @app.command(
        entry.name,
        help=f"Comes with {package}; see its own --help.",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def joined(ctx: typer.Context) -> int | None:
        command = get_command(entry.load())
        code = command.main(
            ctx.args, prog_name=ctx.command_path, standalone_mode=False, obj=ctx.obj
        )
        return code if isinstance(code, int) else None
