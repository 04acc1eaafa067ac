"""``sargeo caption``: a scene in words."""

from __future__ import annotations

from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.render import print_json
from sargeo_cli.views.following import after_words
from sargeo_cli.views.language import show_description


def caption(
    scene: o.Scene,
    aoi: o.AroundAoi = None,
    model: o.Model = o.DEFAULT_MODEL,
    assume: o.Assume = "",
    device: o.Device = "auto",
    as_json: o.AsJson = False,
) -> None:
    """Describe a scene, or an area in it, with how well the text fits.

    Where that takes several windows of the model, each is described on its own.
    """
    from sargeo.language.description import caption as caption_scene

    facts = caption_scene(scene, model, aoi=aoi, assume=assume, device=device).to_dict()
    if as_json:
        print_json(facts)
        return
    page = Page()
    show_description(page, facts)
    after_words(page, scene, assume, model)
