"""Whole chips come once an epoch, in the same batches whichever were made before."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from support.damage import flip_arrays, flip_record
from support.training import chips, telling_settings, tokeniser, write_chips

from sargeo.model.tokens import Tokeniser
from sargeo_training.crops.chip_stream import ChipStream
from sargeo_training.crops.samples import whole_chip
from sargeo_training.data.material import gather_chips
from sargeo_training.data.target_text import TargetText
from sargeo_training.engine.material import gather
from sargeo_training.parallel import WHOLE, Part

Texts = Callable[[int], Sequence[TargetText]]

CONFIG = telling_settings()
SHOWN = chips(8)
CLEAR = telling_settings(
    forgetting={"polarisation": 0, "gsd": 0, "incidence": 0, "place": 0, "sensor": 0}
)


def stream(tokeniser: Tokeniser | None = None, texts: Texts | None = None) -> ChipStream:
    return ChipStream(SHOWN, range(8), CONFIG, tokeniser, texts or written)


def written(number: int) -> Sequence[TargetText]:
    return SHOWN[number].record.target_texts


def test_every_chip_comes_once_an_epoch() -> None:
    words = tokeniser(CONFIG)
    keys = [stream(tokeniser=words).batch(k, WHOLE).texts.keys[:, 0] for k in range(4)]
    first, second = torch.cat(keys[:2]).tolist(), torch.cat(keys[2:]).tolist()
    assert sorted(first) == sorted(second) == list(range(8))
    assert first != second


def test_parts_of_processes_make_up_the_batch() -> None:
    words = tokeniser(CONFIG)
    parts = [stream(tokeniser=words).batch(3, Part(rank, 2)) for rank in range(2)]
    batch = stream(tokeniser=words).batch(3, WHOLE)
    for name in ("pixels", "valid"):
        joined = torch.cat([getattr(p.inputs, name) for p in parts])
        assert torch.equal(joined, getattr(batch.inputs, name))
    assert torch.equal(torch.cat([p.hidden for p in parts]), batch.hidden)
    assert torch.equal(torch.cat([p.texts.keys for p in parts]), batch.texts.keys)
    assert torch.equal(torch.cat([p.texts.exchanged for p in parts]), batch.texts.exchanged)


def test_without_tokeniser_there_are_no_texts() -> None:
    batch = stream().batch(0, WHOLE)
    assert batch.texts is None
    assert batch.hidden.float().mean() == pytest.approx(0.75)


def test_other_writings_take_the_place_of_the_records() -> None:
    same = TargetText(writer="other", clauses=(), concise="Nothing.", detailed="Nothing.")
    batch = stream(tokeniser(CONFIG), lambda _: (same,)).batch(0, WHOLE)
    assert len(set(batch.texts.keys[:, 1].tolist())) == 1
    assert not batch.texts.exchanged.any()


def test_chips_of_which_only_the_radar_is_told_are_left_out_and_counted(tmp_path: Path) -> None:
    shown = chips(4)
    (writing,) = shown[1].record.target_texts
    radar = tuple(c for c in writing.clauses if c.level == "SAR knowledge")
    bare = writing.model_copy(update={"clauses": radar})
    record = shown[1].record.model_copy(update={"target_texts": (bare,)})
    shown[1] = dataclasses.replace(shown[1], record=record)
    stage = {"name": "texts", "steps": 1, "learning_rate": 1e-3, "losses": {"contrast": 1.0}}
    config = telling_settings(stages=[stage])
    folder = write_chips(tmp_path, shown)
    said: list[str] = []
    material = gather(config, config.stages, data=None, shards=folder, say=said.append)
    assert radar
    assert material.numbers("train", with_text=True) == [0, 2, 3]
    assert [line[:25] for line in said] == ["1 of 4 chips to train on "]


def test_damaged_chips_are_left_out_and_told(tmp_path: Path) -> None:
    folder = write_chips(tmp_path, chips(8))
    broken = flip_arrays(folder, 2), flip_record(folder, 5)
    said: list[str] = []
    material = gather_chips(folder, (), say=said.append)
    whole_ones = [0, 1, 3, 4, 6, 7]
    assert material.numbers("train", with_text=True) == whole_ones
    (line,) = said
    assert line.startswith("2 of 8 chips ")
    assert line.endswith(f": {', '.join(broken)}.")
    assert material.shards is not None
    # A whole epoch, and the same again in another process that opens the folder.
    other = gather_chips(folder, (), say=said.append)
    for number in range(3):
        batches = [
            ChipStream(m.shards, m.numbers("train", with_text=True), CONFIG).batch(number, WHOLE)
            for m in (material, other)
            if m.shards is not None
        ]
        assert torch.equal(batches[0].inputs.pixels, batches[1].inputs.pixels)


def test_what_is_known_of_a_chip_reaches_the_network() -> None:
    context = ChipStream(SHOWN, range(8), CLEAR).batch(0, WHOLE).inputs.context
    assert context.sensor.tolist() == [1] * 4
    assert context.incidence_deg.tolist() == [38] * 4
    assert context.lonlat[0].tolist() == pytest.approx([-118.2, 33.7])
    # 32 pixels of 10 m have become 64.
    assert context.gsd_m[0].tolist() == [5, 5]


def test_a_chip_that_is_no_square_is_filled_up() -> None:
    chip = SHOWN[0]
    narrow = dataclasses.replace(
        chip,
        values=chip.values[:, :, :16],
        valid=chip.valid[:, :16],
        labels=chip.labels[:, :16],
        searched=chip.searched[:, :16],
    )
    sample = whole_chip(narrow, 64)
    assert sample.power.shape == (2, 64, 64)
    assert sample.valid[:, :32].all()
    assert not sample.valid[:, 32:].any()
    np.testing.assert_array_equal(whole_chip(narrow, 32).power[:, :, :16], narrow.values[:, :, :16])
