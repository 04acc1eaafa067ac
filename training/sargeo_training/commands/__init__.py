"""``sargeo train``: make a model from the data sets.

Each group of commands stands in a module of its own; the table below lists them in the order that
help shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import typer

from sargeo.errors import EnvironmentLackError
from sargeo_training.commands import data, evaluation, finetune, pretrain, scio, texts

app = typer.Typer(name="train", no_args_is_help=True, add_completion=False)


@app.callback()
def train() -> None:
    """Train, calibrate and export models."""
    if find_spec("sklearn") is None:
        raise EnvironmentLackError(
            "Training needs scikit-learn, which is not installed.",
            "Install sargeo with its training extra: pip install sargeo[train].",
        )


_COMMANDS: dict[str, Callable[..., None]] = {
    "data": data.make_data,
    "texts": texts.texts,
    "pretrain": pretrain.pretrain,
    "scio": scio.scio,
    "scio-ablation": scio.scio_ablation,
    "decisions": scio.decisions,
    "finetune": finetune.finetune,
    "export": pretrain.export,
    "baselines": evaluation.baselines,
    "compare": evaluation.compare,
}

for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
