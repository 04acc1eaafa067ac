"""Chips made up in memory, and small scenes on disk to build chips from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from support.rasters import write_raster

from sargeo.legend import BUILT_UP, OPEN_WATER
from sargeo_training.data.chip import BandRecord, Chip, Place, Record
from sargeo_training.data.chips.config import BuildConfig
from sargeo_training.data.facts import Bounds, Facts, LandCoverFacts
from sargeo_training.data.shards import Shards

SHARES = {OPEN_WATER.name: 0.75, BUILT_UP.name: 0.25}


def made_record(name: str = "made_scene_1000m_0_0", **changes: Any) -> Record:
    """Return a record of a placed chip of two bands, with facts of land cover."""
    landcover = LandCoverFacts(
        layer="made up",
        known=1.0,
        shares={key: Bounds(share, share) for key, share in SHARES.items()},
        sectors={key: (Bounds(share, share),) * 9 for key, share in SHARES.items()},
        patches=dict.fromkeys(SHARES, 1),
    )
    given: dict[str, Any] = {
        "id": name,
        "source": "made",
        "scene": "scene",
        "licence": "none",
        "split": "train",
        "platform": "Sentinel-1",
        "bands": tuple(
            BandRecord(polarisation=p, quantity="sigma0", scale="db") for p in ("VV", "VH")
        ),
        "gsd_m": (10.0, 10.0),
        "extent_m": 1000.0,
        "shape": (20, 24),
        "crs": "EPSG:32633",
        "transform": (10.0, 0.0, 5e5, 0.0, -10.0, 5e6),
        "footprint": ((15.0, 45.0), (15.1, 45.0), (15.1, 45.1), (15.0, 45.1)),
        "centre": (15.05, 45.05),
        "place": Place(
            name="Karlovac", state=None, country="Croatia", distance_km=3.0, climate="Cfb"
        ),
        "facts": Facts(landcover=landcover),
        "references": (0.1, 0.05),
    }
    return Record(**{**given, **changes})


def made_chip(name: str = "made_scene_1000m_0_0", *, seed: int = 0, **changes: Any) -> Chip:
    """Return a chip of that record with pixels by a seed."""
    record = made_record(name, **changes)
    rng = np.random.default_rng(seed)
    shape = record.shape
    return Chip(
        record=record,
        values=rng.normal(-12, 3, (len(record.bands), *shape)).astype(np.float32),
        valid=rng.random(shape) < 0.9,
        labels=rng.choice(np.array([0, 50, 80], np.uint8), shape),
        searched=np.ones(shape, bool),
        ships=np.array([[4.5, 6.0, 3, 5, 5.5]], np.float32),
    )


def all_records(shards: Shards) -> list[Record]:
    """Read the records of all chips."""
    return [shards.record(number) for number in range(len(shards))]


def write_scene_folder(folder: Path, *, names: tuple[str, ...] = ("north", "south")) -> BuildConfig:
    """Write scenes with a class raster and a table of ships each; return settings for them.

    Scenes are 3 km by 4 km, hundreds of kilometres apart; their left half is water.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scenes = []
    for index, name in enumerate(names):
        transform = Affine(10, 0, 500_000, 0, -10, 5_000_000 + 400_000 * index)
        rng = np.random.default_rng(index)
        db = np.where(np.arange(400) < 200, -22.0, -8.0) + rng.normal(0, 1.5, (2, 300, 400))
        write_raster(
            folder / f"{name}.tif",
            db.astype(np.float32),
            transform=transform,
            descriptions=["sigma0 VV dB", "sigma0 VH dB"],
        )
        classes = np.where(np.arange(400) < 200, 80, 50).astype(np.uint8)
        classes = np.broadcast_to(classes, (1, 300, 400))
        write_raster(folder / f"{name}_classes.tif", classes, transform=transform, nodata=0)
        (folder / f"{name}_ships.csv").write_text(
            "xmin,ymin,xmax,ymax,category\n40,50,52,56,tanker\n", encoding="utf-8"
        )
        layers = {
            "classes": [{"product": "worldcover", "paths": [f"{name}_classes.tif"]}],
            "objects": {"path": f"{name}_ships.csv", "complete": True},
        }
        scenes.append({"path": f"{name}.tif", "platform": "Sentinel-1", "layers": layers})
    return BuildConfig.model_validate(
        {
            "chips": {"levels_m": [500, 1000], "max_px": 64, "min_px": 20},
            "chips_per_shard": 20,
            "scenes": scenes,
        }
    )
