"""``sargeo caption``: a scene in words."""

from __future__ import annotations

from sargeo_cli import options as o
from sargeo_cli.render import show_description


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

    show_description(
        caption_scene(scene, model, aoi=aoi, assume=assume, device=device).to_dict(),
        as_json=as_json,
    )
