"""One step of training, as Lightning calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn

from sargeo.model.knowlip import SarKnowlip
from sargeo_training.crops.chip_stream import ChipBatch
from sargeo_training.engine.average import Average
from sargeo_training.engine.networks import parameter_groups, schedule
from sargeo_training.engine.streams import StepBatch
from sargeo_training.objectives.dense import dense_losses
from sargeo_training.objectives.joint import LanguageObjectives
from sargeo_training.objectives.reconstruction import Reconstruction
from sargeo_training.parallel import mean_over_processes
from sargeo_training.settings.config import Config, LossName, Stage

Losses = dict[LossName, Tensor]


class Engine(LightningModule):  # type: ignore[misc]
    """A network in training.

    Parameters
    ----------
    network : SarKnowlip
        Gets trained in place.
    config : Config
    stage : Stage
    """

    def __init__(self, network: SarKnowlip, config: Config, stage: Stage) -> None:
        super().__init__()
        # Torch's annotations lack this form of Module.to.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network.tower.requires_grad_(not stage.freeze_tower)
        self.language = LanguageObjectives(network, config, stage) if stage.texts else None
        self.reconstruction = (
            Reconstruction(config.network.tower.decoder_dim, config.reconstruction.windows_px)
            if stage.uses("reconstruction")
            else None
        )
        self.average = Average(network, config.optimiser.average)
        self._settings, self._stage = config.optimiser, stage

    def training_step(self, batch: StepBatch, _: int) -> dict[str, Any]:
        """Return the weighted sum of the stage's losses, and each of them."""
        parts: Losses = {}
        if batch.dense is not None:
            parts |= dense_losses(self.network, batch.dense, batch.names)
        if batch.chips is not None:
            parts |= self._chips(batch.number, batch.chips)
        weights = {name: w for name, w in self._stage.losses.items() if name in parts}
        total = torch.stack([weight * parts[name] for name, weight in weights.items()]).sum()
        means = mean_over_processes(torch.stack([parts[name] for name in weights]).detach())
        return {"loss": total, "parts": dict(zip(weights, means, strict=True))}

    def _chips(self, number: int, batch: ChipBatch) -> Losses:
        parts: Losses = {}
        if self.reconstruction is not None:
            inputs = batch.inputs
            features = self.network.encode(
                inputs.pixels, inputs.valid & ~batch.hidden, inputs.context
            )
            parts["reconstruction"] = self.reconstruction(
                features.decoded, inputs.pixels, inputs.valid, inputs.context.present, batch.hidden
            )
        if self.language is not None and batch.texts is not None:
            share = self.global_step / self._stage.steps
            parts |= self.language(self.network, batch.inputs, batch.texts, number, share)
        return parts

    def configure_optimizers(self) -> dict[str, Any]:
        """Return AdamW and its schedule, which goes by steps."""
        groups = parameter_groups(self, self._settings.weight_decay)
        optimiser = torch.optim.AdamW(groups, lr=self._stage.learning_rate, fused=True)
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: schedule(step / self._stage.steps, self._stage.warmup)
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    def configure_gradient_clipping(self, *_: object, **__: object) -> None:
        """Clip the gradient of all weights as one vector."""
        nn.utils.clip_grad_norm_(self.parameters(), self._settings.gradient_norm)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Move the weights, and what follows them."""
        super().optimizer_step(*args, **kwargs)
        self.average.update(self.network)
        if self.language is not None:
            self.language.follow(self.network)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what Lightning does not know of."""
        checkpoint["average"] = self.average.state_dict()
        checkpoint["random"] = {
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def on_load_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """Go on from it."""
        self.average.load_state_dict(checkpoint["average"])
        torch.set_rng_state(checkpoint["random"]["cpu"])
        if len(checkpoint["random"]["cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(checkpoint["random"]["cuda"])

    def transfer_batch_to_device(self, batch: StepBatch, device: torch.device, _: int) -> StepBatch:
        """Move a batch."""
        return batch.to(device)
