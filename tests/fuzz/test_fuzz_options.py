"""Values of options, and names of files and folders, of every command that takes a scene or map."""

# Tables of odd values are read more easily in long lines.
# ruff: noqa: E501

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from support.fuzzing import assert_whole, fuzz, run_judged
from support.language import tiny_language_model
from support.odd_rasters import folder_of_bases
from support.rasters import write_scene
from support.webmap import write_run

pytestmark = pytest.mark.slow

SIZES = st.sampled_from(
    [
        "0",
        "1",
        "-1",
        "nan",
        "inf",
        "-inf",
        "1e30",
        "1e-308",
        "-0.0",
        "",
        "0.5",
        "0.9",
        "500",
        "320",
        "1e6",
    ]
)
WHOLE = st.sampled_from(
    ["0", "1", "-1", "4", "32", "64", "96", "128", "12", "99999999999999999999", "abc", "٣"]
)
TEXTS = st.sampled_from(
    ["", " ", ",", "vv", "VV,VV", "hv,", "landcover", "objects,objects", "landcover,", "auto", "cpu", "cuda:99",
     "cuda:-1", "gpu", "gsd=0", "gsd=nan", "gsd=1e4", "gsd=unknown", "platform=", "platform=unknown",
     "platform=Sentinel-1", "db,linear", "skip", "skip,skip", "vv,uncalibrated", "é", "-", "--", "\ud800",
     "a" * 5000, "[red]", "%s", "\n", "jsonl"]
)  # fmt: skip


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("products")
    write_run(folder, shape=(60, 80))
    return folder


@pytest.fixture(scope="module")
def speaking_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_language_model(tmp_path_factory.mktemp("models") / "speaking")


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zones") / "zones.geojson"
    shape = shapely.box(499_000, 4_999_000, 501_000, 5_001_000)
    gpd.GeoDataFrame({"name": ["all"]}, geometry=[shape], crs=32633).to_crs(4326).to_file(path)
    return path


def odd_paths(folder: Path) -> list[str]:
    """Return names that are no good files to read or write."""
    (folder / "a folder").mkdir(exist_ok=True)
    (folder / "text.geojson").write_text("Dear colleague,", encoding="utf-8")
    (folder / "empty.gpkg").touch()
    return [
        str(folder / "a folder"),
        str(folder / "gone.geojson"),
        str(folder / "text.geojson"),
        str(folder / "empty.gpkg"),
        str(folder / "text.geojson" / "below.gpkg"),
        str(folder / ("long" * 100 + ".gpkg")),
        str(folder / "ünï 'q\" ;!&$ö.gpkg"),
        str(folder_of_bases() / "float_db.tif"),
        str(folder_of_bases() / "float_db.tif") + "|layername=x",
        "",
        ".",
        "/",
        "/dev/null",
        "/vsimem/none",
        "/vsicurl/",
        "nul\0l",
        "~",
        "-",
        "http://",
        "C:\\gone.tif",
        "GPKG::",
        "\ud800",
    ]


LAST = 21
"""Place of the last of `odd_paths`."""

PLACE = st.integers(0, LAST)


@st.composite
def options(
    draw: st.DrawFn,
    sizes: tuple[str, ...] = (),
    whole: tuple[str, ...] = (),
    texts: tuple[str, ...] = (),
    paths: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
) -> list[tuple[str, str | int | None]]:
    """Return some options with values; a path is the place of one of `odd_paths`."""
    every = [(o, SIZES) for o in sizes] + [(o, WHOLE) for o in whole]
    every += [(o, TEXTS) for o in texts] + [(o, PLACE) for o in paths]
    every += [(o, st.none()) for o in flags]
    chosen = draw(st.lists(st.sampled_from(every), max_size=3))
    return [(option, draw(values)) for option, values in chosen]


def words_of(chosen: list[tuple[str, str | int | None]], folder: Path) -> list[str]:
    """Spell options; a value that begins with a dash is no option."""
    odd = odd_paths(folder)
    values = [(option, odd[v] if isinstance(v, int) else v) for option, v in chosen]
    return [o if v is None else f"{o}={v}" for o, v in values]


MAP = options(
    ("--cell-size", "--uncertain-below", "--min-confidence", "--min-length", "--max-length", "--coast-buffer"),
    ("--batch-size", "--patch", "--margin"),
    ("--products", "--assume", "--device", "--progress", "--model", "--land-mask"),
    ("--aoi", "--exclude", "--land-mask", "--model"),
    ("--class-probabilities", "--web-map", "--overwrite"),
)  # fmt: skip


@fuzz(40)
@given(chosen=MAP)
def test_options_of_dry_runs(chosen, tiny_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        scene = folder_of_bases() / "float_db.tif"
        own = [] if any(o == "--model" for o, _ in chosen) else [f"--model={tiny_model}"]
        run_judged("map", scene, "-o", out, "--dry-run", *own, *words_of(chosen, folder))
        assert not out.exists()


@fuzz(12)
@given(chosen=MAP)
def test_options_of_runs(chosen, tiny_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        scene = folder_of_bases() / "float_db.tif"
        own = [] if any(o == "--model" for o, _ in chosen) else [f"--model={tiny_model}"]
        ended = run_judged("map", scene, "-o", out, *own, *words_of(chosen, folder))
        assert_whole(out, ended)


@fuzz(25)
@given(place=PLACE, command=st.sampled_from(["info", "map", "caption", "embed"]))
def test_scenes_that_are_none(place, command, speaking_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = odd_paths(folder)[place]
        out = [] if command in ("info", "caption") else ["-o", folder / "out"]
        run_judged(command, *out, f"--model={speaking_model}", "--", scene)


@fuzz(25)
@given(place=PLACE, command=st.sampled_from(["map", "webmap", "zones", "search", "embed"]))
def test_outputs_that_cannot_be(place, command, speaking_model, products, zones):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        odd = odd_paths(folder)[place]
        if not odd.startswith((name, "/dev", "\ud800")) and odd:
            odd = str(folder / "text.geojson")  # products would lie in this folder
        scene = folder_of_bases() / "float_db.tif"
        model = f"--model={speaking_model}"
        argv = {
            "map": ("map", scene, model, f"--output={odd}", "--dry-run"),
            "webmap": ("webmap", products, f"--output={odd}"),
            "zones": ("zones", zones, products, f"--output={odd}"),
            "search": ("search", scene, "--text=water", model, f"--output={odd}"),
            "embed": ("embed", scene, model, f"--output={odd}"),
        }[command]
        run_judged(*argv)


TEXT = options(
    sizes=("--extent", "--uncertain-below"),
    whole=("--top", "--batch-size"),
    texts=("--text", "--assume", "--device", "--progress"),
    paths=("--aoi", "--model"),
    flags=("--overwrite",),
)


@fuzz(15)
@given(chosen=TEXT, command=st.sampled_from(["search", "classify", "embed", "caption", "ask"]))
def test_options_of_commands_for_texts(chosen, command, speaking_model):
    known = {
        "search": ("--extent", "--top", "--batch-size", "--text", "--assume", "--device", "--progress", "--model"),
        "classify": ("--uncertain-below", "--batch-size", "--text", "--assume", "--progress", "--aoi", "--overwrite"),
        "embed": ("--batch-size", "--assume", "--device", "--aoi", "--model", "--overwrite"),
        "caption": ("--assume", "--device", "--aoi", "--model"),
        "ask": ("--assume", "--device", "--aoi", "--model"),
    }[command]  # fmt: skip
    chosen = [(option, value) for option, value in chosen if option in known]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / ("x.csv" if command == "search" else "out")
        words = words_of(chosen, folder)
        words += [] if any(o == "--model" for o, _ in chosen) else [f"--model={speaking_model}"]
        words += [] if command in ("caption", "ask") else ["-o", out]
        words += ["--text=open water"] if command in ("search", "classify") else []
        question = ["How many ships are there?"] if command == "ask" else []
        ended = run_judged(command, *words, "--", folder_of_bases() / "float_db.tif", *question)
        if command in ("classify", "embed"):
            assert_whole(out, ended)


@fuzz(30)
@given(
    chosen=options(sizes=("--tolerance",), texts=("--class-field",)),
    reference=st.integers(0, LAST + 2),
    product=st.integers(0, LAST + 2),
)
def test_options_of_assess(chosen, reference, product, products):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = [str(products / "scene_objects.gpkg"), str(products / "scene_landcover.tif")]
        odd = [*odd_paths(folder), *real]
        run_judged(
            "assess", *words_of(chosen, folder), "--json", "--", odd[reference], odd[product]
        )


@fuzz(25)
@given(
    place=st.integers(0, LAST + 1),
    command=st.sampled_from(["zones", "webmap"]),
    name=TEXTS,
    named=st.booleans(),
)
def test_folders_that_hold_no_products(place, command, name, named, products, zones):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        odd = [*odd_paths(folder), str(products)][place]
        polygons = [zones] if command == "zones" else []
        page = ["-o", folder / "page.html"] if command == "webmap" else []
        chosen = [f"--name={name}"] if named else []
        run_judged(command, *page, *chosen, "--", *polygons, odd)


_NAMES = st.one_of(
    st.sampled_from(["ü", "a b", "a'b", 'a"b', "a;b", "a!b", "a?b", "a#b", "a%20b", "a&b", "a|b", "a$b", "-a",
                     ".a", "a.", "[a]", "{a}", "a,b", "a=b", "a:b", "a\\b", "a\nb", "\u202ea", "😀", "a" * 120,
                     "GPKG:a", "a@b", "*", "CON"]),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=30),
)  # fmt: skip


@fuzz(8)
@given(stem=_NAMES, page=st.booleans())
def test_names_of_files(stem, page, tiny_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = write_scene(folder / "scene.tif", shape=(30, 40)).path
        scene = scene.rename(folder / f"{stem}.tif")
        out = folder / "out"
        words = ["--web-map"] if page else []
        ended = run_judged("map", "-o", out, f"--model={tiny_model}", *words, "--", scene)
        assert_whole(out, ended)
        if not ended.code:
            run_judged("webmap", out, "-o", folder / "page.html")
