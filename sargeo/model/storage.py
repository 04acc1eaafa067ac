"""A model's folder: ``spec.json`` and ``weights.safetensors``, written and read with care."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import save

from sargeo.model.knowlip import SarKnowlip
from sargeo.model.spec import ModelSpec

SPEC_FILE = "spec.json"
WEIGHTS_FILE = "weights.safetensors"


def save_model(folder: Path, network: SarKnowlip, spec: ModelSpec) -> ModelSpec:
    """Write a model's folder, with weights in float16.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    network : SarKnowlip
        On any device.
    spec : ModelSpec
        Its ``weights_sha256`` is replaced.

    Returns
    -------
    ModelSpec
        As written.
    """
    state = {k: v.detach().to("cpu", torch.float16) for k, v in network.state_dict().items()}
    weights = save({k: v.contiguous() for k, v in state.items()})
    spec = spec.model_copy(update={"weights_sha256": hashlib.sha256(weights).hexdigest()})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS_FILE).write_bytes(weights)
    spec.write(folder / SPEC_FILE)
    return spec
