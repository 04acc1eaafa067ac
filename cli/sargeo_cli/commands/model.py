"""``sargeo model``: which models there are, and what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.render import show

model = typer.Typer(help="List, show, verify and export models.")

Name = Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A model.")]


@model.command("list")
def list_models(as_json: o.AsJson = False) -> None:
    """List the models that come with sargeo."""
    from sargeo.model import registry

    show(
        {"models": [registry.read_spec(name).model_dump() for name in registry.list_models()]},
        as_json=as_json,
    )


@model.command("show")
def show_model(name: Name = o.DEFAULT_MODEL, as_json: o.AsJson = False) -> None:
    """Show a model's spec: what it was made for, from what, and under which licence."""
    from sargeo.model import registry

    show(registry.read_spec(name).model_dump(mode="json"), as_json=as_json)


@model.command()
def verify(name: Name = o.DEFAULT_MODEL) -> None:
    """Check that a model's weights are those that its spec names."""
    from sargeo.model import registry

    registry.verify(name)
    typer.echo(f"The weights of {name} are intact.")


@model.command()
def export(
    name: Name,
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder to write.")
    ],
) -> None:
    """Copy a model to a folder of its own, with a STAC item that describes it."""
    from sargeo.model import registry

    typer.echo(registry.export(name, folder))
