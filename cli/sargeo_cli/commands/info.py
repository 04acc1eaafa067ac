"""``sargeo info``: what a scene is, and what the model would need."""

from __future__ import annotations

from typing import Any

from sargeo_cli import options as o
from sargeo_cli.page import Page
from sargeo_cli.render import print_json
from sargeo_cli.views.following import after_info
from sargeo_cli.views.scene import show_refusal, show_scene


def info(
    scene: o.Scene,
    assume: o.Assume = "",
    model: o.Model = o.DEFAULT_MODEL,
    as_json: o.AsJson = False,
) -> None:
    """Describe a scene, without mapping it: whether it can be mapped, and how it is read."""
    from sargeo.errors import InputError

    try:
        facts = _facts(scene, assume, model)
    except InputError as error:
        if not as_json:
            show_refusal(Page(), error)
        raise
    if as_json:
        print_json(facts)
        return
    page = Page()
    show_scene(page, facts)
    if facts["verdict"]["ready"]:
        after_info(page, scene, facts["name"], assume, model)


def _facts(scene: str, assume: str, model: str) -> dict[str, Any]:
    from sargeo.inference.suitability import judge, model_needs
    from sargeo.model.registry import read_spec
    from sargeo.scene.describe import describe
    from sargeo.scene.open import open_scene

    opened = open_scene(scene, assume=assume)
    facts = describe(opened)
    facts["model_needs"] = model_needs(opened, read_spec(model))
    return {"verdict": judge(facts).to_dict(), **facts}
