"""The page in a real browser: it asks for nothing, shows everything in place, and answers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route
from support.rasters import write_scene
from support.webmap import detections_at, grid_of_case, write_run

from sargeo.legend import BUILT_UP, OPEN_WATER
from sargeo.webmap import write_web_map

pytestmark = pytest.mark.slow

SHAPE = (200, 300)
SHIP = (100.5, 60.5)


@dataclass
class Opened:
    """A page on the screen, and what it did on the way."""

    page: Page
    case: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def screen(self, row: float, col: float) -> tuple[float, float]:
        """Where a pixel of the scene is on the screen, in CSS pixels."""
        lon, lat = grid_of_case(self.case, SHAPE).lonlat(row, col)
        place = self.page.evaluate(
            """([lat, lon]) => {
                const box = sargeoMap.getContainer().getBoundingClientRect();
                const turn = 360 * Math.round((sargeoMap.getCenter().lng - lon) / 360);
                const point = sargeoMap.latLngToContainerPoint([lat, lon + turn]);
                return [box.left + point.x, box.top + point.y];
            }""",
            [float(lat), float(lon)],
        )
        return place[0], place[1]

    def control(self, kind: str, layer: str) -> str:
        return f"input[data-{kind}='{layer}']"


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Write the page of a run in a CRS case, once."""
    written: dict[str, Path] = {}

    def page_of(case: str) -> Path:
        if case not in written:
            folder = tmp_path_factory.mktemp(case)
            scene = write_scene(folder / "in.tif", shape=SHAPE, bands=("VV",), crs_case=case)
            write_run(
                folder,
                case=case,
                shape=SHAPE,
                source=str(scene.path),
                detections=detections_at([SHIP[0]], [SHIP[1]]),
            )
            written[case] = write_web_map(folder, folder / "page.html")
        return written[case]

    return page_of


@pytest.fixture
def open_page(
    browser: BrowserContext, pages: Callable[[str], Path]
) -> Iterator[Callable[[str], Opened]]:
    tabs: list[Page] = []

    def open_case(case: str = "utm_north") -> Opened:
        page = browser.new_page()
        tabs.append(page)
        opened = Opened(page, case)

        def watch(route: Route) -> None:
            url = route.request.url
            if url.startswith(("file:", "data:")):
                route.continue_()
                return
            opened.requests.append(url)
            route.abort()

        page.route("**/*", watch)
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.goto(pages(case).as_uri())
        page.evaluate(
            "window.sargeoMap = window[Object.keys(window).find((k) => k.startsWith('map_'))]"
        )
        return opened

    yield open_case
    for tab in tabs:
        tab.close()


def colour_at(opened: Opened, row: float, col: float) -> tuple[int, ...]:
    """The colour on the screen at a pixel of the scene."""
    x, y = opened.screen(row, col)
    clip = {"x": int(x), "y": int(y), "width": 1, "height": 1}
    return png_pixel(opened.page.screenshot(clip=clip))


def png_pixel(png: bytes) -> tuple[int, ...]:
    return tuple(np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))[0, 0].tolist())


@pytest.mark.parametrize("case", ["utm_north", "antimeridian"])
def test_it_opens_without_network_and_without_complaint(
    case: str, open_page: Callable[[str], Opened]
) -> None:
    opened = open_page(case)
    for layer in ("objects", "count", "confidence", "landcover", "scene"):
        opened.page.locator(opened.control("layer", layer)).check()
    opened.page.mouse.move(300, 300)
    opened.page.mouse.wheel(0, -400)
    opened.page.wait_for_timeout(500)
    assert opened.requests == []
    assert opened.complaints == []


@pytest.mark.parametrize("case", ["utm_north", "antimeridian", "mercator", "rotated"])
def test_pictures_are_drawn_where_the_scene_is(
    case: str, open_page: Callable[[str], Opened]
) -> None:
    opened = open_page(case)
    page = opened.page
    page.locator(opened.control("layer", "objects")).uncheck()
    page.locator(opened.control("layer", "scene")).uncheck()
    page.locator(opened.control("opacity", "landcover")).fill("100")
    assert colour_at(opened, 100, 145) == OPEN_WATER.rgb
    assert colour_at(opened, 100, 155) == BUILT_UP.rgb
    assert colour_at(opened, 23, 155) == BUILT_UP.rgb
    assert colour_at(opened, 17, 155) not in (BUILT_UP.rgb, OPEN_WATER.rgb)
    assert colour_at(opened, 197, 3) == OPEN_WATER.rgb
    assert colour_at(opened, 203, -3) != OPEN_WATER.rgb


def test_corners_of_the_overlays_are_those_of_the_scene(
    open_page: Callable[[str], Opened],
) -> None:
    opened = open_page("mercator")
    corners = [opened.screen(*place) for place in ((0, 0), (200, 300))]
    for layer in ("scene", "landcover"):
        box = opened.page.locator(f"img.{layer}").bounding_box()
        assert box is not None
        expected = [*corners[0], corners[1][0] - corners[0][0], corners[1][1] - corners[0][1]]
        assert [box["x"], box["y"], box["width"], box["height"]] == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("case", ["utm_north", "antimeridian"])
def test_an_object_tells_what_it_is(case: str, open_page: Callable[[str], Opened]) -> None:
    opened = open_page(case)
    opened.page.mouse.click(*opened.screen(*SHIP))
    popup = opened.page.locator(".leaflet-popup-content")
    popup.wait_for()
    text = popup.inner_text()
    assert re.search(r"ship", text, re.IGNORECASE)
    assert re.search(r"Confidence\s+93 %", text)
    assert re.search(r"Length\s+\d+ m", text)
    lon, lat = grid_of_case(case, SHAPE).lonlat(*SHIP)
    assert f"{abs(float(lat)):.5f}°" in text
    assert f"{abs((float(lon) + 180) % 360 - 180):.5f}°" in text


def test_a_cell_tells_its_count(open_page: Callable[[str], Opened]) -> None:
    opened = open_page("utm_north")
    opened.page.locator(opened.control("layer", "count")).check()
    opened.page.mouse.click(*opened.screen(SHIP[0] + 20, SHIP[1] + 20))
    popup = opened.page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert re.search(r"Objects\s+1\s+Valid pixels\s+100 %", popup.inner_text())


def test_sliders_change_opacity(open_page: Callable[[str], Opened]) -> None:
    opened = open_page("utm_north")
    page = opened.page
    picture = page.locator("img.landcover")
    assert picture.evaluate("e => e.style.opacity") == "0.6"
    page.locator(opened.control("opacity", "landcover")).fill("25")
    assert picture.evaluate("e => e.style.opacity") == "0.25"
    page.locator(opened.control("opacity", "objects")).fill("0")
    page.wait_for_timeout(300)
    red, green, blue = colour_at(opened, *SHIP)
    assert not (red > 200 and green < 60 and blue > 150)


def test_switches_take_layers_off_and_put_objects_on_top(
    open_page: Callable[[str], Opened],
) -> None:
    opened = open_page("utm_north")
    page = opened.page
    page.locator(opened.control("layer", "landcover")).uncheck()
    assert page.locator("img.landcover").count() == 0
    page.locator(opened.control("layer", "count")).check()
    page.wait_for_timeout(300)
    red, green, blue = colour_at(opened, *SHIP)
    assert red > 200
    assert green < 60
    assert blue > 150


def test_the_legend_lists_classes_in_their_colours(open_page: Callable[[str], Opened]) -> None:
    page = open_page("utm_north").page
    for shown in (OPEN_WATER, BUILT_UP):
        row = page.locator(f"tr[data-class='{shown.name}']")
        colour = row.locator(".swatch").evaluate("e => getComputedStyle(e).backgroundColor")
        assert colour == f"rgb{shown.rgb}"
    assert page.locator("tr[data-class]").count() == 2
    assert page.locator("h1").inner_text() == "scene"


@pytest.mark.parametrize("case", ["utm_north", "antimeridian", "rotated"])
def test_the_cursor_tells_where_it_is(case: str, open_page: Callable[[str], Opened]) -> None:
    opened = open_page(case)
    cursor = opened.page.locator("#cursor")
    before = cursor.inner_text()
    opened.page.mouse.move(*opened.screen(50.5, 250.5))
    after = cursor.inner_text()
    assert after != before
    row, col = map(int, re.findall(r"row (\d+), column (\d+)", after)[0])
    assert (row, col) == pytest.approx((50, 250), abs=1)
    lon, lat = grid_of_case(case, SHAPE).lonlat(50.5, 250.5)
    told = [float(number) for number in re.findall(r"([\d.]+)° [NESW]", after)]
    assert told == pytest.approx([abs(float(lat)), abs((float(lon) + 180) % 360 - 180)], abs=5e-4)
    if case != "antimeridian":
        x, y = grid_of_case(case, SHAPE).xy(50.5, 250.5)
        told = [float(number) for number in re.findall(r"EPSG:32633: (\d+), (\d+)", after)[0]]
        assert told == pytest.approx([float(x), float(y)], abs=15)
    assert opened.page.locator(".leaflet-control-scale-line").inner_text().endswith("m")


def test_the_basemap_is_asked_for_only_when_it_is_ticked(
    open_page: Callable[[str], Opened],
) -> None:
    opened = open_page("utm_north")
    assert opened.requests == []
    opened.page.locator(opened.control("layer", "basemap")).check()
    opened.page.wait_for_timeout(500)
    assert opened.requests
    assert all(url.startswith("https://tiles.maps.eox.at/") for url in opened.requests)


def test_no_other_address_can_be_reached(open_page: Callable[[str], Opened]) -> None:
    opened = open_page("utm_north")
    outcome = opened.page.evaluate(
        "fetch('https://example.org/').then(() => 'reached', () => 'refused')"
    )
    assert outcome == "refused"
    assert opened.requests == []
