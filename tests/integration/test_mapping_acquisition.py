"""What is known of an acquisition reaches the network, all of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from affine import Affine
from support.seaside import seaside

from sargeo.mapping import map_scene
from sargeo.model.context import Context
from sargeo.model.registry import load_model
from sargeo.scene.bands import QUANTITIES


@pytest.mark.parametrize("enlarged", [1, 2])  # twice: the network works on another grid
@pytest.mark.parametrize("incidence", ["33.5", None])
def test_the_network_is_given_the_metadata_of_the_scene(
    incidence: str | None, enlarged: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = seaside(tmp_path / "scene.tif")
    with rasterio.open(scene, "r+") as file:
        file.update_tags(**({"INCIDENCE_ANGLE": incidence} if incidence else {}))
        file.update_tags(platform="Sentinel-1")
        file.transform = file.transform * Affine.scale(enlarged)
    model = load_model("sargeo-tiny", "cpu")
    given: list[Context] = []
    network = model._network
    forward = network.forward

    def recording(pixels: torch.Tensor, valid: torch.Tensor, context: Context) -> object:
        given.append(context)
        return forward(pixels, valid, context)

    monkeypatch.setattr(network, "forward", recording)
    map_scene(scene, model, tmp_path / "out")
    angles = np.concatenate([context.incidence_deg.numpy() for context in given])
    if incidence is None:
        assert np.isnan(angles).all()
    else:
        np.testing.assert_allclose(angles, float(incidence))
    for context in given:
        np.testing.assert_allclose(context.gsd_m.numpy(), 10, rtol=0.01)
        assert (context.sensor == 1 + model.spec.sensors.index("Sentinel-1")).all()
        assert (context.quantity[:, 0] == QUANTITIES.index("sigma0")).all()
        assert context.present[:, 0].all() or context.present[:, 1].all()
        assert torch.isfinite(context.lonlat).all()
