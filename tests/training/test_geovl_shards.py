"""Shards give back what was written, chip by chip, as a stream, and as a map."""

from __future__ import annotations

import gc
import io
import json
import pickle
import tarfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import webdataset
from pydantic import ValidationError
from support.chips import all_records, made_chip, made_record
from support.damage import flip_arrays, flip_record

from sargeo.errors import ReferenceDataError
from sargeo_training.data.chip import Chip, Record
from sargeo_training.data.shards import SHARDS, Shards, encode, replace_texts, write_shard
from sargeo_training.data.shards import write_index as index
from sargeo_training.data.target_text import TargetText

ARRAYS = ("values", "valid", "labels", "searched", "ships")
CHIPS = [
    made_chip("a_x_1000m_0_0", seed=1),
    made_chip("a_x_1000m_0_1", seed=2, split="holdout"),
    made_chip(f"b_{'long-name-' * 15}_whole_0_0", seed=3, place=None, footprint=None, centre=None),
]


def write_folder(folder: Path, chips: Sequence[Chip] = CHIPS) -> Path:
    (folder / SHARDS).mkdir(parents=True)
    write_shard(folder / SHARDS / "a-00000.tar", map(encode, chips[:2]))
    write_shard(folder / SHARDS / "b-00000.tar", map(encode, chips[2:]))
    index(folder)
    return folder


def assert_same(read: Chip, written: Chip) -> None:
    assert read.record == written.record
    for name in ARRAYS:
        got, wanted = getattr(read, name), getattr(written, name)
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)


def test_chips_come_back_by_number(tmp_path: Path) -> None:
    shards = Shards(write_folder(tmp_path))
    assert len(shards) == 3
    assert shards.ids == tuple(chip.record.id for chip in CHIPS)
    for i in (2, 0, 1):
        assert_same(shards[i], CHIPS[i])
    assert all_records(shards) == [chip.record for chip in CHIPS]


def test_shards_cross_process_borders(tmp_path: Path) -> None:
    shards = pickle.loads(pickle.dumps(Shards(write_folder(tmp_path))))
    assert_same(shards[1], CHIPS[1])


# It leaves its files to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_streams_the_same_chips(tmp_path: Path) -> None:
    write_folder(tmp_path)
    urls = [str(path) for path in sorted((tmp_path / SHARDS).glob("*.tar"))]
    samples = list(webdataset.WebDataset(urls, shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == [chip.record.id for chip in CHIPS]
    for sample, chip in zip(samples, CHIPS, strict=True):
        assert Record.model_validate_json(sample["json"]) == chip.record
        with np.load(io.BytesIO(sample["npz"])) as arrays:
            for name in ARRAYS:
                np.testing.assert_array_equal(arrays[name], getattr(chip, name))
    gc.collect()


def test_equal_chips_give_equal_files(tmp_path: Path) -> None:
    one, other = (write_folder(tmp_path / name) for name in ("one", "other"))
    for path in sorted((one / SHARDS).iterdir()):
        assert path.read_bytes() == (other / SHARDS / path.name).read_bytes()


def test_the_index_is_a_map(tmp_path: Path) -> None:
    table = gpd.read_parquet(write_folder(tmp_path) / "index.parquet")
    assert table.crs.to_epsg() == 4326
    assert table["split"].tolist() == ["train", "holdout", "train"]
    assert table.geometry[0].bounds == (15.0, 45.0, 15.1, 45.1)
    assert table.geometry[2] is None
    assert table["country"][:2].tolist() == ["Croatia", "Croatia"]
    assert table["country"].isna().tolist() == [False, False, True]


def test_outlines_are_cut_at_the_antimeridian(tmp_path: Path) -> None:
    ring = ((179.9, -17.0), (180.1, -17.0), (180.1, -16.9), (179.9, -16.9))
    chips = [made_chip("a_x_1_0_0", footprint=ring)] * 3
    (shape, *_) = gpd.read_parquet(write_folder(tmp_path, chips) / "index.parquet").geometry
    assert shape.bounds == (-180, -17, 180, -16.9)
    assert shape.area == pytest.approx(0.02)


def test_shards_keep_the_key_that_texts_have_on_disk() -> None:
    text = TargetText(writer="me", clauses=(), concise="Sea.", detailed="Sea.")
    chip = made_chip(target_texts=(text,))
    written = json.loads(encode(chip).json)
    assert [each["writer"] for each in written["writings"]] == ["me"]
    assert "target_texts" not in written
    assert Record.model_validate(written).target_texts == (text,)


def test_texts_are_replaced_by_writer(tmp_path: Path) -> None:
    def by(writer: str, words: str) -> TargetText:
        return TargetText(writer=writer, clauses=(), concise=words, detailed=words)

    folder = write_folder(tmp_path / "first")
    name = CHIPS[1].record.id
    replace_texts(folder, {name: by("grounded", "old"), "nobody": by("x", "y")}, tmp_path / "2")
    replace_texts(tmp_path / "2", {name: by("model", "other")}, tmp_path / "3")
    replace_texts(tmp_path / "3", {name: by("grounded", "new")}, tmp_path / "4")
    last = Shards(tmp_path / "4")
    assert [w.concise for w in last.record(1).target_texts] == ["other", "new"]
    assert last.record(0).target_texts == ()
    for i, chip in enumerate(CHIPS):
        np.testing.assert_array_equal(last[i].values, chip.values)
    assert Shards(folder).record(1).target_texts == ()
    assert gpd.read_parquet(tmp_path / "4" / "index.parquet")["texts"].tolist() == [0, 2, 0]


@pytest.mark.parametrize("harm", ["missing", "short", "nonsense"])
def test_a_damaged_shard_is_told(tmp_path: Path, harm: str) -> None:
    shards = Shards(write_folder(tmp_path))
    path = tmp_path / SHARDS / "a-00000.tar"
    content = path.read_bytes()
    path.unlink()
    if harm == "short":
        path.write_bytes(content[:700])
    elif harm == "nonsense":
        path.write_bytes(b"\0" * len(content))
    with pytest.raises(ReferenceDataError, match=r"a-00000\.tar is missing or damaged"):
        shards[1]
    assert_same(shards[2], CHIPS[2])
    if harm == "short":
        with pytest.raises(ReferenceDataError, match="is damaged"):
            index(tmp_path)


def test_a_changed_byte_of_the_arrays_is_told(tmp_path: Path) -> None:
    shards = Shards(write_folder(tmp_path))
    path = tmp_path / SHARDS / "a-00000.tar"
    content = path.read_bytes()
    start = content.index(shards.encoded(0).npz)
    for place in range(start, start + len(shards.encoded(0).npz), 13):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        for read in (shards.__getitem__, shards.check):
            with pytest.raises(ReferenceDataError, match=rf"a-00000\.tar .*{CHIPS[0].record.id}"):
                read(0)
        assert shards.record(0) == CHIPS[0].record


def test_a_changed_number_of_a_record_is_told(tmp_path: Path) -> None:
    shards = Shards(write_folder(tmp_path))
    path = tmp_path / SHARDS / "a-00000.tar"
    changed = path.read_bytes().replace(b'"gsd_m":[10.0', b'"gsd_m":[70.0', 1)
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with pytest.raises(ReferenceDataError, match=CHIPS[0].record.id):
        shards.record(0)


def test_no_index_vouches_for_damaged_arrays(tmp_path: Path) -> None:
    flip_arrays(write_folder(tmp_path), 0)
    with pytest.raises(ReferenceDataError, match=r"a-00000\.tar is damaged"):
        index(tmp_path)


def test_copies_leave_damaged_chips_out(tmp_path: Path) -> None:
    folder, out = write_folder(tmp_path / "chips"), tmp_path / "out"
    assert replace_texts(folder, {}, out) == ()
    flip_record(folder, 0)
    (folder / SHARDS / "b-00000.tar").unlink()
    names = [chip.record.id for chip in CHIPS]
    assert replace_texts(folder, {}, out) == (names[0], names[2])
    # Nor is a shard left of which no chip is any more.
    assert [path.name for path in (out / SHARDS).iterdir()] == ["a-00000.tar"]
    assert Shards(out).ids == (names[1],)
    assert_same(Shards(out)[0], CHIPS[1])


def test_a_copy_of_nothing_leaves_what_was_there(tmp_path: Path) -> None:
    folder, out = write_folder(tmp_path / "chips"), tmp_path / "out"
    replace_texts(folder, {}, out)
    for path in (folder / SHARDS).iterdir():
        path.write_bytes(b"")
    with pytest.raises(ReferenceDataError, match="None of the chips"):
        replace_texts(folder, {}, out)
    assert [chip.record.id for chip in Shards(out)] == [chip.record.id for chip in CHIPS]


def test_a_folder_without_chips_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match="holds no index"):
        Shards(tmp_path)
    (tmp_path / "index.parquet").write_bytes(b"PAR1")
    with pytest.raises(ReferenceDataError, match="holds no index"):
        Shards(tmp_path)


def test_ids_that_files_or_tars_would_break_are_refused() -> None:
    for name in ("a.b", "a/b", "ä", ""):
        with pytest.raises(ValidationError, match="file names must not hold"):
            made_record(name)


def test_members_are_named_as_webdataset_wants_them(tmp_path: Path) -> None:
    write_folder(tmp_path)
    with tarfile.open(tmp_path / SHARDS / "b-00000.tar") as archive:
        name = CHIPS[2].record.id
        assert archive.getnames() == [f"{name}.json", f"{name}.npz"]
