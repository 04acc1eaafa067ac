"""A model's folder: written, and read with suspicion.

It holds ``spec.json``, ``weights.safetensors`` and, where the model reads and writes,
``tokenizer.json``; and ``model.stac.json``, which describes them and which maps link to.

Loads no torch, so that models can be listed and described in no time.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from sargeo.errors import ModelDamagedError
from sargeo.model.mlm import write_model_item
from sargeo.model.spec import (
    FORMAT,
    SPEC_FILE,
    TOKENISER_FILE,
    WEIGHTS_FILE,
    LanguageSpec,
    ModelSpec,
)

if TYPE_CHECKING:
    from sargeo.model.knowlip import SarKnowlip
    from sargeo.model.language import LanguagePart

FETCH_AGAIN = "Copy the model's folder again; an embedded model comes back by reinstalling sargeo."


def save_model(folder: Path, network: SarKnowlip, spec: ModelSpec) -> ModelSpec:
    """Write a model's folder, with weights in float16 and the tokeniser of its language part.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    network : SarKnowlip
        On any device.
    spec : ModelSpec
        Its checksums are replaced.

    Returns
    -------
    ModelSpec
        As written.

    Raises
    ------
    ValueError
        If a weight is not finite in float16.
    """
    state = {k: v.detach().cpu().half().numpy() for k, v in network.state_dict().items()}
    if bad := [name for name, values in state.items() if not np.isfinite(values).all()]:
        raise ValueError(f"weights are not finite in float16: {', '.join(bad)}")
    weights = save({name: np.ascontiguousarray(values) for name, values in state.items()})
    spec = spec.model_copy(update={"weights_sha256": hashlib.sha256(weights).hexdigest()})
    folder.mkdir(parents=True, exist_ok=True)
    if network.language is not None:
        spec = _save_tokeniser(folder, network.language, spec)
    (folder / WEIGHTS_FILE).write_bytes(weights)
    spec.write(folder / SPEC_FILE)
    write_model_item(spec, folder)  # last: it tells the sizes of the other files
    return spec


def load_spec(folder: Path) -> ModelSpec:
    """Read the spec in a model's folder.

    Raises
    ------
    ModelDamagedError
        If it is missing, unreadable, or of a newer format.
    """
    path = folder / SPEC_FILE
    try:
        content = json.loads(_read(path))
        _refuse_newer(content, path)
        return ModelSpec.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        problem = f"The model's spec {path} is not valid: {where}: {first['msg']}."
        raise ModelDamagedError(problem, FETCH_AGAIN) from error
    except ValueError as error:
        problem = f"The model's spec {path} is not JSON: {error}."
        raise ModelDamagedError(problem, FETCH_AGAIN) from error


def load_weights(folder: Path, spec: ModelSpec) -> dict[str, NDArray[Any]]:
    """Read the weights in a model's folder, by name.

    Raises
    ------
    ModelDamagedError
        If they are missing, or not the bytes that the spec was written for.
    """
    path = folder / WEIGHTS_FILE
    content = _read_checked(path, spec.weights_sha256, "weights")
    try:
        return dict(load(content))
    except SafetensorError as error:
        raise ModelDamagedError(f"{path} is no safetensors file: {error}.", FETCH_AGAIN) from error


def load_tokeniser(folder: Path, spec: LanguageSpec) -> str:
    """Read the tokeniser in a model's folder, as JSON of the library ``tokenizers``.

    Raises
    ------
    ModelDamagedError
        If it is missing, or not the bytes that the spec was written for.
    """
    path = folder / TOKENISER_FILE
    return _read_checked(path, spec.tokeniser_sha256, "tokens").decode("utf-8")


def _save_tokeniser(folder: Path, language: LanguagePart, spec: ModelSpec) -> ModelSpec:
    """Write the tokeniser and return the spec with its checksum."""
    content = language.tokeniser.to_json().encode("utf-8")
    (folder / TOKENISER_FILE).write_bytes(content)
    checksum = {"tokeniser_sha256": hashlib.sha256(content).hexdigest()}
    return spec.model_copy(update={"language": language.spec.model_copy(update=checksum)})


def _read_checked(path: Path, sha256: str, what: str) -> bytes:
    content = _read(path)
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ModelDamagedError(
            f"The {what} {path} are corrupted: their SHA-256 is {found}, "
            f"and the spec says {sha256 or 'none'}.",
            FETCH_AGAIN,
        )
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}."
        raise ModelDamagedError(problem, FETCH_AGAIN) from error


def _refuse_newer(content: Any, path: Path) -> None:
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise ModelDamagedError(
            f"The model's spec {path} has format {found}, newer than {FORMAT}, which is read here.",
            "Update sargeo.",
        )
