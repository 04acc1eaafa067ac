"""Values of options, and names of files and folders, of every command that takes a scene or map."""

# Tables of odd values are read more easily in long lines.
# ruff: noqa: E501

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fuzzing import assert_whole, fuzz, run_judged
from support.odd_rasters import folder_of_bases
from support.rasters import write_scene
from support.webmap import write_run

NUMBERS = st.sampled_from(
    ["0", "1", "-1", "nan", "inf", "-inf", "1e308", "1e-308", "-0.0", "", "abc", "0.5", "500", "12", "96",
     "99999999999999999999", "1,5", "٣", "\ud800"]
)  # fmt: skip
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


@st.composite
def options(draw: st.DrawFn, numbers: tuple[str, ...], texts: tuple[str, ...], paths: tuple[str, ...],
            flags: tuple[str, ...] = ()) -> list[tuple[str, str | int | None]]:  # fmt: skip
    """Return some options with values; a path is the place of one of `odd_paths`."""
    every = [(o, NUMBERS) for o in numbers] + [(o, TEXTS) for o in texts]
    every += [(o, st.integers(0, 21)) for o in paths] + [(o, st.none()) for o in flags]
    chosen = draw(st.lists(st.sampled_from(every), max_size=3))
    return [(option, draw(values)) for option, values in chosen]


def words_of(chosen: list[tuple[str, str | int | None]], folder: Path) -> list[str]:
    """Spell options; a value that begins with a dash is no option."""
    odd = odd_paths(folder)
    values = [(option, odd[v] if isinstance(v, int) else v) for option, v in chosen]
    return [o if v is None else f"{o}={v}" for o, v in values]


MAP = options(
    ("--cell-size", "--uncertain-below", "--min-confidence", "--min-length", "--max-length",
     "--coast-buffer", "--batch-size", "--patch", "--margin"),
    ("--products", "--assume", "--device", "--progress", "--model", "--land-mask"),
    ("--aoi", "--exclude", "--land-mask", "--model"),
    ("--class-probabilities", "--web-map", "--overwrite"),
)  # fmt: skip


@fuzz(60)
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
@given(place=st.integers(0, 21), command=st.sampled_from(["info", "map", "caption", "embed"]))
def test_scenes_that_are_none(place, command, tiny_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = odd_paths(folder)[place]
        out = [] if command in ("info", "caption") else ["-o", folder / "out"]
        run_judged(command, *out, f"--model={tiny_model}", "--", scene)


@fuzz(25)
@given(
    place=st.integers(0, 21), command=st.sampled_from(["map", "webmap", "zones", "search", "embed"])
)
def test_outputs_that_cannot_be(place, command, tiny_model, products):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        odd = odd_paths(folder)[place]
        if odd in (".", "/", "~", "-", "C:\\gone.tif", "GPKG::", "http://"):
            odd = str(folder / "text.geojson")  # products would lie in this folder
        scene = folder_of_bases() / "float_db.tif"
        zones = products / "scene_objects.gpkg"
        model = f"--model={tiny_model}"
        argv = {
            "map": ("map", scene, model, f"--output={odd}", "--dry-run"),
            "webmap": ("webmap", products, f"--output={odd}"),
            "zones": ("zones", zones, products, f"--output={odd}"),
            "search": ("search", scene, "--text=water", model, f"--output={odd}"),
            "embed": ("embed", scene, model, f"--output={odd}"),
        }[command]
        run_judged(*argv)


_LANGUAGE = options(
    ("--top", "--extent", "--batch-size"), ("--text", "--assume", "--device"), ("--model",)
)


@fuzz(20)
@given(chosen=_LANGUAGE, place=st.integers(0, 21))
def test_options_of_search(chosen, place, tiny_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = odd_paths(folder)[place]
        run_judged("search", f"--output={folder / 'x.csv'}", *words_of(chosen, folder), "--", scene)


@fuzz(30)
@given(
    chosen=options(("--tolerance",), ("--class-field",), ()),
    reference=st.integers(0, 23),
    product=st.integers(0, 23),
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
    place=st.integers(0, 22),
    command=st.sampled_from(["zones", "webmap"]),
    name=TEXTS,
    named=st.booleans(),
)
def test_folders_that_hold_no_products(place, command, name, named, products):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        odd = [*odd_paths(folder), str(products)][place]
        zones = [products / "scene_objects.gpkg"] if command == "zones" else []
        page = ["-o", folder / "page.html"] if command == "webmap" else []
        chosen = [f"--name={name}"] if named else []
        run_judged(command, *page, *chosen, "--", *zones, odd)


_NAMES = st.one_of(
    st.sampled_from(["ü", "a b", "a'b", 'a"b', "a;b", "a!b", "a?b", "a#b", "a%20b", "a&b", "a|b", "a$b", "-a",
                     ".a", "a.", "[a]", "{a}", "a,b", "a=b", "a:b", "a\\b", "a\nb", "\u202ea", "😀", "a" * 120,
                     "GPKG:a", "a@b", "*", "CON"]),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=30),
)  # fmt: skip


@fuzz(12)
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
