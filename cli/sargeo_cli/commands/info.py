"""``sargeo info``: what a scene is, before it is mapped."""

from __future__ import annotations

from sargeo_cli import options as o
from sargeo_cli.render import show


def info(scene: o.Scene, assume: o.Assume = "", as_json: o.AsJson = False) -> None:
    """Describe a scene, without mapping it."""
    from sargeo.scene.describe import describe
    from sargeo.scene.open import open_scene

    from sargeo.scene.assumptions import Assumptions

    show(describe(open_scene(scene, assume=Assumptions.parse(assume))), as_json=as_json)
