"""``sargeo info``: what a scene is, and what the model would need."""

from __future__ import annotations

from sargeo_cli import options as o
from sargeo_cli.render import show


def info(
    scene: o.Scene,
    assume: o.Assume = "",
    model: o.Model = o.DEFAULT_MODEL,
    as_json: o.AsJson = False,
) -> None:
    """Describe a scene, without mapping it."""
    from sargeo.model.registry import read_spec
    from sargeo.scene.describe import describe
    from sargeo.scene.open import open_scene
    from sargeo.survey.needs import model_needs

    opened = open_scene(scene, assume=assume)
    facts = describe(opened)
    facts["model_needs"] = model_needs(opened, read_spec(model))
    show(facts, as_json=as_json)
