"""Builds end with the same files however they were cut short, and survive what is broken."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import webdataset
from support.chips import all_records, write_scene_folder
from support.labelled_images import coast

from sargeo.errors import DiskFullError, NothingValidError, UsageError
from sargeo.legend import BUILT_UP, OPEN_WATER
from sargeo_training.data.chips import build as building
from sargeo_training.data.chips import source_images
from sargeo_training.data.chips.build import BuildReport, build
from sargeo_training.data.chips.candidates import NOTHING_FITS
from sargeo_training.data.chips.choice import DUPLICATE
from sargeo_training.data.chips.config import OPEN_DATA, BuildConfig, OpenData
from sargeo_training.data.facts import Facts
from sargeo_training.data.shards import SHARDS, Shards
from sargeo_training.images import Source


def contents(out: Path) -> dict[str, bytes]:
    """All files of a build but the report, which tells how long it took."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "report.json"
    }


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildConfig]:
    folder = tmp_path_factory.mktemp("scenes")
    return folder, write_scene_folder(folder)


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, scenes: tuple[Path, BuildConfig]
) -> tuple[Path, BuildReport]:
    out = tmp_path_factory.mktemp("built")
    folder, config = scenes
    return out, build(config, out, data=folder, workers=1)


def few(config: BuildConfig) -> BuildConfig:
    """Return settings for the large chips alone, in six shards."""
    chips = config.chips.model_copy(update={"levels_m": (1000.0,)})
    return config.model_copy(update={"chips": chips, "chips_per_shard": 5})


@pytest.fixture(scope="module")
def few_built(
    tmp_path_factory: pytest.TempPathFactory, scenes: tuple[Path, BuildConfig]
) -> tuple[Path, BuildReport]:
    out = tmp_path_factory.mktemp("few")
    folder, config = scenes
    return out, build(few(config), out, data=folder, workers=1)


def test_scenes_become_chips_with_all_that_is_known(built: tuple[Path, BuildReport]) -> None:
    out, report = built
    shards = Shards(out)
    assert report.levels == {"500m": 96, "1000m": 24}
    assert len(shards) == sum(n for counts in report.chips.values() for n in counts.values()) == 120
    assert report.shards == 6
    assert report.skipped == {}
    record = shards.record(0)
    assert record.id == "scenes_north_500m_0_0"
    assert record.shape == (50, 50)
    assert record.gsd_m == pytest.approx((10, 10), rel=2e-3)
    assert record.crs == "EPSG:32633"
    assert record.place is not None
    assert record.place.country == "Croatia"
    assert record.platform == "Sentinel-1"
    assert len(record.references) == 2
    assert {shards.record(i).split for i in range(60)} == {record.split}


def test_facts_and_labels_agree(built: tuple[Path, BuildReport]) -> None:
    shards = Shards(built[0])
    for index in (0, 3, 50, 119):
        chip = shards[index]
        facts = chip.record.facts
        assert facts.landcover is not None
        assert facts.landcover.layer == "ESA WorldCover"
        for code, name in ((80, OPEN_WATER.name), (50, BUILT_UP.name)):
            share = float((chip.labels == code).mean())
            lowest, highest = facts.landcover.shares.get(name, (0, 0))
            assert lowest == highest == pytest.approx(share)
    (ship,) = shards[8].ships
    assert shards.ids[8] == "scenes_north_500m_50_0"
    assert ship[:2].tolist() == [3, 46]
    objects = shards.record(8).facts.objects
    assert objects is not None
    assert (objects.searched, objects.items[0].category) == (1, "tanker")
    assert shards.record(0).facts.objects is not None
    assert shards.record(0).facts.objects.items == ()


def test_levels_with_too_many_pixels_are_averaged(built: tuple[Path, BuildReport]) -> None:
    shards = Shards(built[0])
    coarse = next(r for r in all_records(shards) if r.extent_m == 1000)
    assert coarse.shape == (50, 50)
    assert coarse.gsd_m == pytest.approx((20, 20), rel=2e-3)
    assert coarse.transform is not None
    assert coarse.transform[0] == 20


class Killed(BaseException):
    """What no code under test catches."""


@pytest.mark.parametrize("writes", range(0, 17, 4))
def test_a_killed_build_goes_on_and_ends_the_same(
    writes: int,
    tmp_path: Path,
    scenes: tuple[Path, BuildConfig],
    few_built: tuple[Path, BuildReport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = writes

    def mortal(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return write(*args)

        return call

    folder, config = scenes
    with monkeypatch.context() as patch:
        for name in ("write_shard", "write_text", "write_index"):
            patch.setattr(building, name, mortal(getattr(building, name)))
        with pytest.raises(Killed):
            build(few(config), tmp_path, data=folder, workers=1)
    report = build(few(config), tmp_path, data=folder, workers=1)
    assert contents(tmp_path) == contents(few_built[0])
    assert report.chips == few_built[1].chips


def test_a_full_disk_is_told_and_leaves_whole_shards(
    tmp_path: Path,
    scenes: tuple[Path, BuildConfig],
    few_built: tuple[Path, BuildReport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = 0
    write = webdataset.TarWriter.write

    def fill(self: object, sample: object) -> int:
        nonlocal written
        written += 1
        if written > 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(write(self, sample))

    folder, config = scenes
    with monkeypatch.context() as patch:
        patch.setattr(webdataset.TarWriter, "write", fill)
        with pytest.raises(DiskFullError, match="The disk is full"):
            build(few(config), tmp_path, data=folder, workers=1)
    found = {path.name: path.read_bytes() for path in (tmp_path / SHARDS).iterdir()}
    assert found == {
        name: (few_built[0] / SHARDS / name).read_bytes()
        for name in ("north-00000.tar", "north-00001.tar")
    }
    build(few(config), tmp_path, data=folder, workers=1)
    assert contents(tmp_path) == contents(few_built[0])


@pytest.mark.slow
def test_two_processes_build_what_one_builds(
    tmp_path: Path, scenes: tuple[Path, BuildConfig], few_built: tuple[Path, BuildReport]
) -> None:
    folder, config = scenes
    build(few(config), tmp_path, data=folder, workers=2)
    assert contents(tmp_path) == contents(few_built[0])


def test_broken_scenes_are_left_out_and_counted(tmp_path: Path) -> None:
    config = write_scene_folder(tmp_path, names=("good", "lost", "torn", "strange"))
    (tmp_path / "lost.tif").unlink()
    (tmp_path / "torn.tif").write_bytes((tmp_path / "torn.tif").read_bytes()[:400_000])
    with rasterio.open(tmp_path / "strange_classes.tif", "r+") as file:
        classes = file.read()
        classes[0, 150:152, 200:202] = 77  # a code that the product does not define
        file.write(classes)
    report = build(few(config), tmp_path / "out", data=tmp_path, workers=1)
    assert sum(report.chips["good"].values()) == 12
    assert "lost" not in report.chips
    reasons = " ".join(report.skipped)
    assert "lost.tif" in reasons
    assert "torn.tif" in reasons
    assert "the code 77" in reasons
    assert sum(report.chips["strange"].values()) == 11
    assert len(Shards(tmp_path / "out")) == sum(
        n for counts in report.chips.values() for n in counts.values()
    )


def test_other_settings_need_another_folder(
    tmp_path: Path, scenes: tuple[Path, BuildConfig]
) -> None:
    folder, config = scenes
    one = few(config).model_copy(update={"scenes": config.scenes[:1]})
    build(one, tmp_path, data=folder, workers=1)
    with pytest.raises(UsageError, match="other settings"):
        build(few(config), tmp_path, data=folder, workers=1)


def test_data_sets_have_to_be_somewhere(tmp_path: Path) -> None:
    config = BuildConfig(sources=(OpenData(name="sen1floods11"),))
    with pytest.raises(UsageError, match=r"sen1floods11.*--data"):
        build(config, tmp_path, data=None, workers=1)
    with pytest.raises(NothingValidError, match="sen1floods11 holds no picture"):
        build(config, tmp_path, data=tmp_path, workers=1)


def test_a_data_set_with_a_broken_image_is_left_out_and_counted(
    tmp_path: Path, scenes: tuple[Path, BuildConfig]
) -> None:
    folder, config = scenes
    broken = folder / "terramind" / "S1RTC" / "broken.tif"
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_bytes(b"no image")
    config = few(config).model_copy(update={"sources": (OpenData(name="terramind"),)})
    report = build(config, tmp_path, data=folder, workers=1)
    assert [n for why, n in report.skipped.items() if "broken.tif cannot be read" in why] == [1]
    assert report.chips


def test_nothing_left_is_an_error(tmp_path: Path, scenes: tuple[Path, BuildConfig]) -> None:
    folder, config = scenes
    chips = config.chips.model_copy(update={"levels_m": (500.0,), "min_px": 60})
    none = config.model_copy(update={"chips": chips})
    with pytest.raises(NothingValidError, match=NOTHING_FITS):
        build(none, tmp_path, data=folder, workers=1)


def test_data_sets_keep_their_split_and_give_twins_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = coast().values
    turned, upside_down = np.rot90(values, axes=(1, 2)), np.rot90(values, 2, axes=(1, 2))
    near = {"gsd_m": (8.0, 8.0)}  # smaller than every level
    images = (
        coast("a", values=values, landcover_by="we", **near),
        coast("b", values=turned, split="holdout", **near),
        coast("b", values=turned, **near),  # the same picture, seen by another split's labels
        coast("c", values=upside_down, split="validation", gsd_m=None, polarisation_known=False),
        coast("d", values=values, **near),  # the same pixels as those of "a"
    )
    source = Source("terramind", 1.0, images, "none")
    monkeypatch.setitem(source_images._LOADERS, "terramind", lambda _folder: source)
    source_images.source_images.cache_clear()
    config = BuildConfig(sources=(OpenData(name="terramind"),))
    report = build(config, tmp_path, data=tmp_path, workers=1)
    source_images.source_images.cache_clear()
    assert report.chips == {"terramind": {"train": 1, "holdout": 1, "validation": 1}}
    assert report.skipped == {DUPLICATE: 1}
    chips = {chip.record.scene: chip for chip in Shards(tmp_path)}
    assert chips["b"].record.split == "holdout"
    assert chips["c"].record.extent_m is None
    assert chips["c"].record.place is None
    assert not chips["c"].record.polarisation_known
    np.testing.assert_array_equal(chips["a"].values, images[0].values)
    np.testing.assert_array_equal(chips["a"].ships, images[0].ships)
    assert images[0].ships[0, 0] == 20.5
    landcover = chips["a"].record.facts.landcover
    assert landcover is not None
    assert landcover.layer == "we"


def test_the_settings_for_the_open_data_are_the_defaults_said_aloud() -> None:
    config = BuildConfig.read(OPEN_DATA)
    default = BuildConfig(sources=config.sources)
    assert config == default
    assert {source.name for source in config.sources} == set(source_images._LOADERS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chips: {levels: [1]}\nsources: [{name: ssdd}]", r"unknown key chips\.levels"),
        ("sources: [{name: nonsense}]", "sources.0.name"),
        ("splits: {holdout: 0.9, validation: 0.2}\nsources: [{name: ssdd}]", "nothing to train"),
        ("sources: [{name: ssdd}, {name: ssdd}]", "ssdd stands there twice"),
        ("{}", "neither sources nor scenes"),
        ("a: [", "is not YAML"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        BuildConfig.read(path)
    with pytest.raises(UsageError, match="cannot be read"):
        BuildConfig.read(tmp_path / "none.yaml")


@pytest.mark.slow
@pytest.mark.data
def test_real_data_give_chips_with_place_and_facts(sargeo_data: Path, tmp_path: Path) -> None:
    names = {"opensarship", "sen1floods11", "sen12mscr", "terramind"}
    config = BuildConfig.read(OPEN_DATA)
    chosen = tuple(source for source in config.sources if source.name in names)
    report = build(
        config.model_copy(update={"sources": chosen}), tmp_path, data=sargeo_data, workers=1
    )
    assert set(report.chips) == names
    records = all_records(Shards(tmp_path))
    assert len(records) > 200
    assert all(record.place for record in records)
    spain = next(r for r in records if r.scene == "Spain_7370579")
    assert spain.split == "holdout"
    assert spain.place is not None
    assert spain.place.country == "Spain"
    assert spain.facts.landcover is not None
    assert spain.facts.landcover.shares["open water"].lowest > 0
    unlabelled = [r for r in records if r.source == "sen12mscr"]
    assert {r.place.country for r in unlabelled if r.place} >= {"Mozambique", "China"}
    assert all(r.facts == Facts() for r in unlabelled)
    told = [r for r in records if r.source == "opensarship" and r.facts.objects]
    assert {o.category for r in told for o in r.facts.objects.items if r.facts.objects} >= {
        "cargo",
        "tanker",
    }
    terrain = next(r for r in records if r.source == "terramind").facts.terrain
    assert terrain is not None
    assert terrain.lowest_m < terrain.highest_m
