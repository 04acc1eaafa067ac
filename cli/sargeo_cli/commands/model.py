"""``sargeo model``: which models there are, and what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.render import print_json
from sargeo_cli.views import models as views

model = typer.Typer(help="List, show, verify and export models.")

Name = Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="Model, by name or folder.")]


@model.command("list")
def list_models(as_json: o.AsJson = False) -> None:
    """List the models that come with sargeo."""
    from sargeo.model import registry

    specs = [registry.read_spec(name).model_dump(mode="json") for name in registry.list_models()]
    if as_json:
        print_json({"models": specs})
        return
    page = Page()
    views.show_models(page, specs, o.DEFAULT_MODEL)
    page.next_command("see how good it is and where it fails", ["model", "show", specs[0]["name"]])


@model.command("show")
def show_model(name: Name = o.DEFAULT_MODEL, as_json: o.AsJson = False) -> None:
    """Show a model's spec: what it was made for, from what, and under which licence."""
    from sargeo.model import registry

    spec = registry.read_spec(name).model_dump(mode="json")
    if as_json:
        print_json(spec)
        return
    page = Page()
    views.show_model(page, spec)
    page.next_command("check that its weights are whole", ["model", "verify", name])


@model.command()
def verify(name: Name = o.DEFAULT_MODEL, as_json: o.AsJson = False) -> None:
    """Check that a model's weights are those that its spec names."""
    from sargeo.model import registry

    registry.verify(name)
    if as_json:
        print_json({"model": name, "intact": True})
    else:
        Page().verdict(f"The weights of {name} are intact.")


@model.command()
def export(
    name: Name,
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder to write the model to.")
    ],
    as_json: o.AsJson = False,
) -> None:
    """Copy a model to a folder of its own, with a STAC item that describes it."""
    from sargeo.model import registry

    item = registry.export(name, folder)
    if as_json:
        print_json({"folder": str(folder), "item": str(item)})
        return
    page = Page()
    page.verdict(f"Copied {name} to {folder}; {item.name} describes it.")
    page.next_command("check the copy", ["model", "verify", folder])
