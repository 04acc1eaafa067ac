"""The training loop: batches in, averaged weights out, within a budget of time or of steps."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from sargeo.errors import ModelDamagedError
from sargeo.legend import LAND_COVER_CODES, OBJECT_KINDS
from sargeo.model.knowlip import SarKnowlip
from sargeo_training.batches import TrainingBatch
from sargeo_training.losses import landcover_loss, object_loss
from sargeo_training.recipe import Recipe

CHECKPOINT = "checkpoint.pt"
_TELL_EVERY_S = 20.0


class Budget(Protocol):
    """When a run is over."""

    def share(self, step: int) -> float:
        """Return how much of the run is done after ``step`` steps, 0 to 1."""
        ...


@dataclass(frozen=True)
class Steps:
    """A number of steps: the same seed gives the same weights on the same machine."""

    count: int

    def share(self, step: int) -> float:
        """Return the share of steps."""
        return min(1.0, step / self.count)


class Minutes:
    """Wall-clock time from now: the schedule adapts to the machine."""

    def __init__(self, minutes: float) -> None:
        self._seconds = minutes * 60
        self._start = time.monotonic()

    def share(self, step: int) -> float:  # noqa: ARG002 - part of the protocol
        """Return the share of time."""
        return min(1.0, (time.monotonic() - self._start) / self._seconds)


@dataclass(frozen=True)
class Log:
    """Where a run is: means since the last line that was told."""

    step: int
    share: float
    landcover_loss: float
    object_loss: float
    seconds_per_step: float
    waiting_share: float


class Listener(Protocol):
    """Receives the log of a run."""

    def __call__(self, log: Log) -> None:
        """Take a line."""
        ...


class Validation(Protocol):
    """Scores a network on what it is not trained on; more is better."""

    def __call__(self, network: SarKnowlip) -> float:
        """Return the score."""
        ...


class Average:
    """Exponential moving average of a network's weights, unbiased at the start."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self._count = 0
        self.state = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present weights."""
        self._count += 1
        decay = min(self._decay, (1 + self._count) / (10 + self._count))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - decay)


def fit(
    batches: Iterable[TrainingBatch],
    recipe: Recipe,
    budget: Budget,
    folder: Path,
    device: torch.device,
    tell: Listener,
    validate: Validation,
) -> SarKnowlip:
    """Train a network from random weights, until it no longer gets better or the budget is spent.

    Parameters
    ----------
    batches : iterable of TrainingBatch
        As many as the budget needs.
    folder : Path
        Gets a checkpoint of the averaged weights whenever they are the best so far.
    validate : Validation
        Tells which are the best.

    Returns
    -------
    SarKnowlip
        With the best averaged weights.
    """
    torch.manual_seed(recipe.seed)
    network = new_network(recipe).to(device)
    # Torch's annotations lack this form of Module.to.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = Average(network, recipe.average)
    best = _Best(copy.deepcopy(network), recipe, folder, validate)
    optimiser = torch.optim.AdamW(
        _parameter_groups(network, recipe), lr=recipe.learning_rate, fused=True
    )
    meter = _Meter(tell)
    source = iter(batches)
    step, share = 0, 0.0
    while share < 1 and not best.past:
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * _schedule(share, recipe.warmup)
        with meter.waiting():
            batch = next(source).to(device)
        losses = _step(network, batch, optimiser, recipe)
        average.update(network)
        step, share = step + 1, budget.share(step + 1)
        meter.add(step, share, losses)
        best.look(average.state, share)
    return best.network()


def new_network(recipe: Recipe) -> SarKnowlip:
    """Build the network of a recipe, with random weights."""
    return SarKnowlip(recipe.tower, classes=len(LAND_COVER_CODES), object_kinds=len(OBJECT_KINDS))


def save_checkpoint(folder: Path, state: dict[str, Tensor], recipe: Recipe) -> None:
    """Write weights and recipe, so that a reader never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{CHECKPOINT}.part"
    torch.save({"state": state, "recipe": recipe.model_dump(mode="json")}, part)
    part.replace(folder / CHECKPOINT)


def load_checkpoint(folder: Path) -> tuple[SarKnowlip, Recipe]:
    """Read what `save_checkpoint` wrote.

    Raises
    ------
    ModelDamagedError
        If there is no checkpoint.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        raise ModelDamagedError(
            f"There is no {CHECKPOINT} in {folder}.", "Give the folder of a training run."
        )
    saved = torch.load(path, map_location="cpu", weights_only=True)
    recipe = Recipe.model_validate(saved["recipe"])
    network = new_network(recipe)
    network.load_state_dict(saved["state"])
    return network.eval(), recipe


class _Best:
    """Validates averaged weights from time to time, and keeps the best."""

    def __init__(
        self, network: SarKnowlip, recipe: Recipe, folder: Path, validate: Validation
    ) -> None:
        self._network, self._recipe = network.eval(), recipe
        self._folder, self._validate = folder, validate
        self._score, self._due, self._worse = -math.inf, recipe.validate_every, 0

    @property
    def past(self) -> bool:
        """Whether the last few validations brought nothing better."""
        return self._worse >= self._recipe.patience

    def look(self, state: dict[str, Tensor], share: float) -> None:
        """Validate where it is due; save what is better than all before."""
        if share < self._due and share < 1:
            return
        self._due = share + self._recipe.validate_every
        self._network.load_state_dict(state)
        score = self._validate(self._network)
        if score <= self._score:
            self._worse += 1
            return
        self._score, self._worse = score, 0
        save_checkpoint(self._folder, state, self._recipe)

    def network(self) -> SarKnowlip:
        """Return the best network."""
        return load_checkpoint(self._folder)[0]


def _step(
    network: SarKnowlip, batch: TrainingBatch, optimiser: torch.optim.Optimizer, recipe: Recipe
) -> tuple[float, float]:
    device = batch.inputs.pixels.device
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        raw = network(batch.inputs.pixels, batch.inputs.valid, batch.inputs.context)
    cover = landcover_loss(raw.landcover, batch.targets.landcover)
    objects = object_loss(raw, batch.targets)
    optimiser.zero_grad(set_to_none=True)
    loss = cover + recipe.object_weight * objects
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_norm)
    optimiser.step()
    return float(cover.detach()), float(objects.detach())


def _parameter_groups(network: nn.Module, recipe: Recipe) -> list[dict[str, object]]:
    """Decay matrices and kernels, but neither biases nor scales nor tokens."""
    matrices = [p for p in network.parameters() if p.ndim >= 2]
    vectors = [p for p in network.parameters() if p.ndim < 2]
    return [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def _schedule(share: float, warmup: float) -> float:
    """Linear rise, then half a cosine down to a hundredth."""
    if share < warmup:
        return (share + 0.1 * warmup) / (1.1 * warmup)
    return 0.01 + 0.99 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup))) / 2


class _Meter:
    """Sums up what happened since the last line."""

    def __init__(self, tell: Listener) -> None:
        self._tell = tell
        self._losses: list[tuple[float, float]] = []
        self._start = self._waiting_since = time.monotonic()
        self._waited = 0.0

    def waiting(self) -> _Meter:
        """Return a context in which time counts as waiting for data."""
        return self

    def __enter__(self) -> None:
        self._waiting_since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._waited += time.monotonic() - self._waiting_since

    def add(self, step: int, share: float, losses: tuple[float, float]) -> None:
        """Count a step; tell from time to time, and at the end."""
        self._losses.append(losses)
        elapsed = time.monotonic() - self._start
        if elapsed < _TELL_EVERY_S and share < 1:
            return
        count = len(self._losses)
        cover, objects = (sum(v) / count for v in zip(*self._losses, strict=True))
        self._tell(Log(step, share, cover, objects, elapsed / count, self._waited / elapsed))
        self._losses, self._waited, self._start = [], 0.0, time.monotonic()
