"""``sargeo ask``: a question of a scene."""

from __future__ import annotations

from typing import Annotated

import typer

from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.render import print_json
from sargeo_cli.views.following import after_words
from sargeo_cli.views.language import show_description


def ask(
    scene: o.Scene,
    question: Annotated[
        str,
        typer.Argument(metavar="QUESTION", help='Question, such as "how many ships are there?".'),
    ],
    aoi: o.AroundAoi = None,
    model: o.Model = o.DEFAULT_MODEL,
    assume: o.Assume = "",
    device: o.Device = "auto",
    as_json: o.AsJson = False,
) -> None:
    """Answer a question of a scene, or of an area in it, with how well the answer fits.

    Where that takes several windows of the model, each has an answer of its own.
    """
    from sargeo.language.description import ask as ask_scene

    facts = ask_scene(scene, question, model, aoi=aoi, assume=assume, device=device).to_dict()
    if as_json:
        print_json(facts)
        return
    page = Page()
    show_description(page, facts)
    after_words(page, scene, assume, model)
