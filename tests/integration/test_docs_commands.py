"""The commands that the documentation gives, run as they stand, on a part of the demo scene."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import rasterio
from rasterio.windows import Window
from shapely.geometry import box
from support.outcome import Outcome

from sargeo.demo import demo_scene_path, demo_ships_path

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

PAGES = ("README.md", *(f"docs/{page}.md" for page in (
    "index", "quickstart", "how-to/install", "how-to/own-scene", "how-to/zones", "how-to/assess",
    "how-to/text", "how-to/downloads",
)))  # fmt: skip

_FENCE = re.compile(r"```text\n(.*?)```", re.DOTALL)

_MADE = re.compile(r"-o (\S+)")

NOT_HERE = ("/vsicurl/", "$")
"""In commands that need a network, or a variable of the reader's."""


def commands(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for block in _FENCE.findall(text) for line in block.splitlines()]
    found = [line.removeprefix(".venv/bin/") for line in lines]
    return [line for line in found if line.startswith("sargeo ")]


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the pages speak of."""
    window = Window(256, 256, 384, 384)
    with demo_scene_path() as path, rasterio.open(path) as scene:
        profile = scene.profile | {"transform": scene.window_transform(window)}
        profile |= {"width": window.width, "height": window.height}
        for name in ("scene.tif", "another_scene.tif"):
            with rasterio.open(tmp_path / name, "w", **profile) as part:
                part.write(scene.read(window=window))
                part.descriptions = scene.descriptions
                part.scales, part.offsets = scene.scales, scene.offsets
                part.update_tags(**scene.tags())
                for index in scene.indexes:
                    part.update_tags(index, **scene.tags(index))
        left, bottom, right, top = rasterio.windows.bounds(window, scene.transform)
        crs = scene.crs
    west = box(left, bottom, (left + right) / 2, top)
    east = box((left + right) / 2, bottom, right, top)
    halves = gpd.GeoDataFrame(
        {"class": ["open water", "low vegetation"]}, geometry=[west, east], crs=crs
    )
    for name in ("reference.gpkg", "districts.gpkg"):
        halves.to_file(tmp_path / name)
    halves[:1].to_file(tmp_path / "area.gpkg")
    halves[:1].to_crs(4326).to_file(tmp_path / "harbour.geojson")
    with demo_ships_path() as path:
        gpd.read_file(path).to_crs(crs).to_file(tmp_path / "ships.gpkg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_run_as_they_stand_there(
    page: str, inputs: Path, cli: Callable[..., Outcome]
) -> None:
    found = commands(page)
    assert found
    if page.startswith("docs/how-to/") and page.rsplit("/", 1)[1] in ("zones.md", "assess.md"):
        found.insert(0, "sargeo map scene.tif -o out")
    for command in found:
        if any(sign in command for sign in NOT_HERE):
            continue
        words = shlex.split(command)[1:]
        if words[0] == "map" and (inputs / "out" / "scene_landcover.tif").exists():
            words.append("--overwrite")
        outcome = cli(*words)
        assert outcome.code == 0, (command, outcome.err)
        assert outcome.out.strip()
        if "--dry-run" not in words:
            assert all((inputs / made).exists() for made in _MADE.findall(command))


def test_python_of_the_readme_runs_as_it_stands_there(inputs: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["landcover"].shape == (384, 384)  # type: ignore[attr-defined]
    assert len(names["ships"]) == names["report"].objects  # type: ignore[arg-type, attr-defined]
