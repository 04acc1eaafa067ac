"""All that takes part in a step lies on the device that Lightning moves the engine to.

The device without memory stands in for one that not every machine has: what is left behind on the
processor cannot be mixed with it either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from support.training import both_streams, settings, telling_settings
from torch import Tensor, nn

from sargeo_training.engine.average import Average
from sargeo_training.engine.module import Engine
from sargeo_training.engine.networks import new_network
from sargeo_training.parallel import Part

ELSEWHERE = torch.device("meta")


def tensors(thing: Any) -> Iterator[Tensor]:
    """Yield the tensors that a module, a batch or a container holds."""
    if isinstance(thing, Tensor):
        yield thing
    elif isinstance(thing, Mapping):
        yield from tensors(list(thing.values()))
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from tensors(part)
    elif isinstance(thing, nn.Module):
        yield from tensors(vars(thing))
    elif is_dataclass(thing):
        yield from tensors([getattr(thing, field.name) for field in fields(thing)])


def test_modules_and_batches_leave_nothing_on_the_processor() -> None:
    config = telling_settings()
    streams = both_streams(config)
    engine = Engine(new_network(config, streams.tokeniser), config, config.stages[0])
    assert engine.language is not None
    assert engine.language.contrast is not None
    assert engine.language.momentum is not None
    held = list(tensors(engine.to(ELSEWHERE)))
    assert len(held) > 2 * len(list(engine.network.parameters()))
    assert {tensor.device for tensor in held} == {ELSEWHERE}
    batch = engine.transfer_batch_to_device(streams.batch(0, Part()), ELSEWHERE, 0)
    held = list(tensors(batch))
    assert len(held) > 20
    assert {tensor.device for tensor in held} == {ELSEWHERE}
    engine.language.follow(engine.network)


def test_average_follows_the_network_to_its_device() -> None:
    network = new_network(settings())
    average, saved = Average(network, 0.9), Average(network, 0.9).state_dict()
    network.to(ELSEWHERE)
    average.update(network)
    assert {average.state[name].device for name, _ in network.named_parameters()} == {ELSEWHERE}
    resumed = Average(network, 0.9)
    resumed.load_state_dict(saved)
    resumed.update(network)


def test_average_that_resumes_before_its_network_is_moved_follows_too() -> None:
    network = new_network(settings())
    saved = Average(network, 0.9).state_dict()
    resumed = Average(network, 0.9)
    resumed.load_state_dict(saved)
    resumed.update(network.to(ELSEWHERE))
    assert {resumed.state[name].device for name, _ in network.named_parameters()} == {ELSEWHERE}
