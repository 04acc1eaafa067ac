"""The page is one safe file of bounded size that says what it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from support.rasters import write_scene
from support.webmap import POLAR_CAP, ArrayScene, grid_of_case, write_run

from sargeo.errors import InputError, OutputNotWritableError
from sargeo.geo.mercator import MercatorBox
from sargeo.products.names import ProductPaths
from sargeo.webmap import write_web_map
from sargeo.webmap.content import Content, PictureLayer
from sargeo.webmap.elements import inline_script
from sargeo.webmap.page import render
from sargeo.webmap.pictures import CONFIDENCE_BYTES, LAND_COVER_BYTES, QUICKLOOK_BYTES, Picture
from sargeo.webmap.vectors import MAX_CELLS, MAX_OBJECTS, Cells, Objects

PAGE_BYTES = 15_000_000


class Loads(HTMLParser):
    """Collects what a page would load beside itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(v) for k, v in attrs if k in ("src", "srcset", "data")]
        if tag in ("link", "base", "iframe", "object"):
            self.found.append(tag)


def said(page: Path) -> str:
    html = re.sub(r"<(script|style)>.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_the_page_says_what_was_mapped_and_how(tmp_path: Path) -> None:
    write_run(tmp_path)
    page = write_web_map(tmp_path, tmp_path / "page.html")
    text = said(page)
    for part in ("scene", "2025-03-04 05:06 UTC", "sargeo-test 0", "open water", "built-up"):
        assert part in text
    # 180 rows of 150 columns of 10 m pixels each.
    assert re.search(r"open water 2\.7 50\.0", text)
    assert re.search(r"2 found", text)
    assert "500 × 500 m" in text


def test_nothing_is_loaded_and_the_policy_forbids_it(tmp_path: Path) -> None:
    write_run(tmp_path)
    page = write_web_map(tmp_path, tmp_path / "page.html")
    assert Loads(page).found == []
    html = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in html
    assert not re.search(r"@import|sourceMappingURL|url\((?!#default)", html)


def test_the_scene_is_opened_as_it_was_mapped(tmp_path: Path) -> None:
    made = write_scene(tmp_path / "x.tif", shape=(200, 300), bands=("VV",))
    write_run(tmp_path, source=str(made.path))
    page = write_web_map(tmp_path, tmp_path / "page.html")
    assert 'data-layer="scene"' in page.read_text(encoding="utf-8")
    assert "not shown" not in said(page)


def test_a_scene_that_is_gone_is_left_out_and_named(tmp_path: Path) -> None:
    write_run(tmp_path, source=str(tmp_path / "gone.tif"))
    page = write_web_map(tmp_path, tmp_path / "page.html")
    assert 'data-layer="scene"' not in page.read_text(encoding="utf-8")
    assert "The scene itself is not shown." in said(page)
    assert "gone.tif" in said(page)


def test_without_an_item_the_page_says_so(tmp_path: Path) -> None:
    paths = write_run(tmp_path)
    paths.item.unlink()
    page = write_web_map(tmp_path, tmp_path / "page.html")
    assert "the products do not say where it is" in said(page)


@pytest.mark.parametrize("kept", ["landcover", "count", "objects"])
def test_any_product_alone_makes_a_page(kept: str, tmp_path: Path) -> None:
    paths = write_run(tmp_path)
    keep = {"objects": {paths.objects, paths.count}}.get(kept, {getattr(paths, kept)})
    for path in (paths.landcover, paths.confidence, paths.count, paths.objects):
        if path not in keep:
            path.unlink()
    html = write_web_map(paths, tmp_path / "page.html").read_text(encoding="utf-8")
    assert f'data-layer="{kept}"' in html
    assert f'data-layer="{"count" if kept == "landcover" else "landcover"}"' not in html


def test_names_cannot_become_code(tmp_path: Path) -> None:
    stem = "</script><script>alert(1)</script>&amp;'\"{{7*7}}"
    grid = grid_of_case("utm_north", (20, 20))
    scene = ArrayScene(grid, np.ones((20, 20), np.float32), np.ones((20, 20), bool))
    content = Content(
        title=stem,
        facts=(("Model", stem),),
        box=MercatorBox.around(scene.grid),
        pictures=(),
        classes=(),
        cells=None,
        objects=Objects(
            np.zeros(1), np.zeros(1), np.array([stem], object), np.ones(1), np.ones(1), 1
        ),
        notes=(stem,),
    )
    html = render(content)
    assert "<script>alert" not in html
    assert re.findall(r"<h1>(.*?)</h1>", html)[0].endswith("{{7*7}}")
    assert re.findall(r"<title>(.*?)</title>", html)[0].endswith("{{7*7}} – sargeo")
    assert html.count("</script>") == html.count("<script>")


def test_code_cannot_end_its_script_element() -> None:
    code = "a='</script>';b=/<\\/x/;c='<!--';\n//# sourceMappingURL=x.map"
    safe = inline_script(code)
    assert "</script" not in safe
    assert "<!--" not in safe
    assert "sourceMappingURL" not in safe


def test_the_largest_page_keeps_within_15_mb() -> None:
    rng = np.random.default_rng(0)
    box = MercatorBox.around(grid_of_case("utm_north", (20_000, 30_000)))
    budgets = {
        "scene": QUICKLOOK_BYTES,
        "landcover": LAND_COVER_BYTES,
        "confidence": CONFIDENCE_BYTES,
    }
    pictures = tuple(
        PictureLayer(key, key, Picture("data:," + "A" * (n * 4 // 3), box.bounds, 10), True, 1)
        for key, n in budgets.items()
    )
    lon, lat = rng.uniform(-179, -178, MAX_OBJECTS), rng.uniform(-80, -79, MAX_OBJECTS)
    cells = Cells(
        rng.integers(1, 65_000, MAX_CELLS),
        rng.uniform(10, 100, MAX_CELLS),
        rng.uniform(-179, -178, (MAX_CELLS, 4, 2)),
        (500.0, 500.0),
        2,
    )
    objects = Objects(
        lon,
        lat,
        np.full(MAX_OBJECTS, "ship", object),
        rng.uniform(0, 1, MAX_OBJECTS),
        rng.uniform(0, 400, MAX_OBJECTS),
        10 * MAX_OBJECTS,
    )
    content = Content("scene", (), box, pictures, (), cells, objects, ())
    assert 0.8 * PAGE_BYTES < len(render(content).encode()) < PAGE_BYTES


def test_what_was_thinned_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sargeo.webmap.pictures.LAND_COVER_PIXELS", 1000)
    monkeypatch.setattr("sargeo.webmap.vectors.MAX_OBJECTS", 1)
    monkeypatch.setattr("sargeo.webmap.vectors.MAX_CELLS", 1)
    write_run(tmp_path)
    text = said(write_web_map(tmp_path, tmp_path / "page.html"))
    assert re.search(r"Pixels are 10 m in the files; here: land cover \d\d\.?\d? m\.", text)
    assert "The 1 most confident of 2 objects" in text
    assert "Count cells are joined 2 by 2." in text


def test_polar_scenes_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    write_run(tmp_path, case=POLAR_CAP)
    with pytest.raises(InputError, match="web maps end at 85"):
        write_web_map(tmp_path, tmp_path / "page.html")
    assert not list(tmp_path.glob("*.html"))


def test_a_folder_without_products_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no products"):
        write_web_map(tmp_path, tmp_path / "page.html")


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    write_run(tmp_path)
    with pytest.raises(OutputNotWritableError, match="page"):
        write_web_map(ProductPaths(tmp_path, "scene"), tmp_path / "missing" / "page.html")


def test_importing_the_room_loads_no_folium() -> None:
    code = "import sys, sargeo.webmap; print({'folium', 'rasterio', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
