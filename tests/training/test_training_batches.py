"""Batches hold what was asked for, in any order, and are made ahead of their use."""

from __future__ import annotations

import itertools
import threading

import pytest
import torch
from support.labelled_images import CALIBRATED, PICTURE, coast, coast_sources

from sargeo_training.crops.batches import Ahead, Mixture, collate
from sargeo_training.images import Source
from sargeo_training.parallel import Part


def mixture(seed: int = 0) -> Mixture:
    return Mixture(coast_sources(), size=64, batch_size=4, seed=seed)


def test_same_seed_draws_the_same_batches_in_any_order() -> None:
    first, second = mixture(seed=3), mixture(seed=3)
    second.batch(7)
    assert torch.equal(first.batch(2).inputs.pixels, second.batch(2).inputs.pixels)
    assert not torch.equal(first.batch(2).inputs.pixels, first.batch(3).inputs.pixels)
    other = mixture(seed=4).batch(2)
    assert not torch.equal(first.batch(2).inputs.pixels, other.inputs.pixels)


def test_parts_of_processes_make_up_the_batch() -> None:
    stream = mixture()
    parts = [stream.batch(5, Part(rank, 2)).inputs.pixels for rank in range(2)]
    assert torch.equal(torch.cat(parts), stream.batch(5).inputs.pixels)


def test_held_out_sheets_are_never_drawn() -> None:
    held_out = coast("held", split="holdout", bands=PICTURE)
    source = Source("s", 1.0, (coast("train"), held_out), "none")
    stream = Mixture([source], size=64, batch_size=1, seed=0)
    polarisations = {b.polarisation for i in range(20) for b in stream.draw(i, 0).bands}
    assert polarisations == {"VV", "VH"}


def test_sources_without_weight_are_not_trained_on() -> None:
    weightless = Source("s", 0.0, (coast(bands=PICTURE),), "none")
    used = Source("t", 1.0, (coast(bands=CALIBRATED),), "none")
    stream = Mixture([weightless, used], size=64, batch_size=1, seed=0)
    polarisations = {b.polarisation for i in range(10) for b in stream.draw(i, 0).bands}
    assert polarisations <= {"VV", "VH"}


def test_inputs_stand_in_the_slots_of_their_polarisations() -> None:
    sample = Mixture([coast_sources()[1]], size=64, batch_size=1, seed=0).draw(0, 0)
    batch = collate([sample])
    assert batch.inputs.context.present.tolist() == [[False, False, True, False]]
    assert not batch.inputs.pixels[:, [0, 1, 3]].any()
    assert batch.inputs.pixels[:, 2].std() > 0.1


@pytest.mark.parametrize("threads", [1, 4])
def test_batches_come_in_order_from_the_first_asked_for(threads: int) -> None:
    ahead = Ahead(lambda number: number, first=5, threads=threads)
    assert list(itertools.islice(ahead, 20)) == list(range(5, 25))
    ahead.close()


def test_error_in_a_thread_reaches_the_consumer() -> None:
    def broken(number: int) -> int:
        if number == 3:
            raise ValueError("no more")
        return number

    ahead = Ahead(broken)
    with pytest.raises(ValueError, match="no more"):
        list(ahead)
    ahead.close()


def test_closing_stops_the_threads() -> None:
    before = threading.active_count()
    ahead = Ahead(mixture().batch, threads=2)
    next(iter(ahead))
    ahead.close()
    assert threading.active_count() == before
