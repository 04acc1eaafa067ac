"""The model that comes with sargeo."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from sargeo.legend import LAND_COVER, LAND_COVER_CODES, OBJECT_KINDS, OPEN_WATER
from sargeo.model.api import SarModel
from sargeo.model.registry import DEFAULT_MODEL, export, load_model, resolve
from sargeo.model.spec import ITEM_FILE, WEIGHTS_FILE
from sargeo.scene.bands import Band
from sargeo.tiling.batch import Acquisition, Batch
from sargeo.tiling.plan import plan_windows


def test_it_is_small_and_speaks_the_legend() -> None:
    model = load_model(device="cpu")
    assert (resolve(DEFAULT_MODEL) / WEIGHTS_FILE).stat().st_size <= 25 * 2**20
    assert model.spec.name == DEFAULT_MODEL
    assert model.spec.classes == LAND_COVER_CODES
    assert model.spec.object_kinds == OBJECT_KINDS


def test_its_item_describes_its_weights(tmp_path: Path) -> None:
    model = load_model(device="cpu")
    assert model.item == resolve(DEFAULT_MODEL) / ITEM_FILE
    committed = json.loads(model.item.read_text(encoding="utf-8"))
    assert committed == json.loads(export(DEFAULT_MODEL, tmp_path).read_text(encoding="utf-8"))


BANDS = (Band("VV", "sigma0", "db"), Band("VH", "sigma0", "db"))
ACQUISITION = Acquisition(BANDS, gsd_m=(10.0, 10.0))


def calm_sea(model: SarModel, side: int = 256) -> Batch:
    """Sea in C band: -22 dB in VV and -30 dB in VH, with the speckle of some five looks."""
    sea_db = torch.tensor([-22.0, -30.0])[:, None, None]
    generator = torch.Generator().manual_seed(0)
    speckle_db = 2.0 * torch.randn(2, side, side, generator=generator)
    scaling = model.spec.normalisation
    mean, std = (
        torch.tensor([values["VV"], values["VH"]])[:, None, None]
        for values in (scaling.mean_db, scaling.std_db)
    )
    return Batch(
        pixels=((sea_db + speckle_db - mean) / std)[None],
        valid=torch.ones(1, side, side, dtype=torch.bool),
        lonlat=torch.full((1, 2), float("nan")),
        windows=plan_windows((side, side), patch=side, margin=0),
    )


def test_it_maps_a_sea_without_ships_as_water() -> None:
    model = load_model(device="cpu")
    outputs = model.infer(calm_sea(model), ACQUISITION)
    water = outputs.maps.argmax(1) == LAND_COVER_CODES.index(80)
    assert water.float().mean() > 0.95
    assert (outputs.objects[0, :, 5] > model.spec.min_confidence).sum() == 0


def test_it_knows_a_sea_by_its_name() -> None:
    model = load_model(device="cpu")
    names = [c.name for c in LAND_COVER]
    cells = model.cells(calm_sea(model), ACQUISITION).values[0].numpy()
    nearest = np.einsum("dhw,kd->khw", cells, model.embed_texts(names)).argmax(0)
    assert (nearest == names.index(OPEN_WATER.name)).mean() > 0.95


def test_it_describes_a_sea_in_words() -> None:
    model = load_model(device="cpu")
    (text,) = model.describe(calm_sea(model), ACQUISITION).texts
    assert len(text.split()) > 3
