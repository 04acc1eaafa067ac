"""Models by name or folder.

Embedded models lie in ``weights/<name>/``. Torch is loaded only where a network is built.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sargeo.errors import ModelDamagedError, OutputNotWritableError, UsageError
from sargeo.model.mlm import find_model_item, write_model_item
from sargeo.model.spec import SPEC_FILE, TOKENISER_FILE, WEIGHTS_FILE, ModelSpec
from sargeo.model.storage import FETCH_AGAIN, load_spec, load_tokeniser, load_weights

if TYPE_CHECKING:
    from sargeo.model.api import SarModel
    from sargeo.model.knowlip import SarKnowlip
    from sargeo.model.tokens import Tokeniser

DEFAULT_MODEL = "sargeo-tiny"

_EMBEDDED = Path(__file__).parent / "weights"


def list_models() -> tuple[str, ...]:
    """Return the names of the embedded models."""
    return tuple(sorted(spec.parent.name for spec in _EMBEDDED.glob(f"*/{SPEC_FILE}")))


def resolve(name_or_path: str | Path) -> Path:
    """Return the folder of a model, by the name of an embedded one or its path.

    Raises
    ------
    ModelDamagedError
        If there is no such model.
    """
    if str(name_or_path) in list_models():
        return _EMBEDDED / name_or_path
    folder = Path(name_or_path)
    if not folder.is_dir():
        known = ", ".join(list_models()) or "none"
        raise ModelDamagedError(
            f"There is no model {str(name_or_path)!r}.",
            f"Give the name of an embedded model ({known}) or a folder with {SPEC_FILE} and "
            f"{WEIGHTS_FILE}.",
        )
    return folder


def load_model(name_or_path: str | Path = DEFAULT_MODEL, device: str = "auto") -> SarModel:
    """Load a model, ready to map.

    Parameters
    ----------
    name_or_path : str or Path
        Name of an embedded model, or a folder with a spec and weights.
    device : str
        ``auto`` (the GPU where there is one), ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    ModelDamagedError
        If spec or weights are missing, corrupted, of another shape, or of a newer format.
    DeviceMissingError
        If the device does not exist here.
    UsageError
        If there is no such kind of device.
    """
    from sargeo.model.api import SarModel
    from sargeo.model.devices import pick_device
    from sargeo.model.memory import keep_freed_memory

    chosen = pick_device(device)
    folder = resolve(name_or_path)
    spec, network = _open(folder)
    if chosen.type == "cpu":
        keep_freed_memory()
    return SarModel(network, spec, chosen, find_model_item(spec, folder))


def read_spec(name_or_path: str | Path) -> ModelSpec:
    """Read a model's spec, without a look at its weights.

    Raises
    ------
    ModelDamagedError
        If it is missing, unreadable, or of a newer format.
    """
    return load_spec(resolve(name_or_path))


def verify(name_or_path: str | Path) -> ModelSpec:
    """Check spec, checksum and shapes of a model, and return its spec.

    Raises
    ------
    ModelDamagedError
        As `load_model` does.
    """
    spec, _ = _open(resolve(name_or_path))
    return spec


def export(name_or_path: str | Path, folder: Path) -> Path:
    """Copy a model into a folder of its own, with a STAC item that describes it.

    Returns
    -------
    Path
        The STAC item, ``model.stac.json`` (extension "Machine Learning Model").

    Raises
    ------
    ModelDamagedError
        If the model is not whole.
    UsageError
        If the folder holds a model already.
    OutputNotWritableError
        If it cannot be written.
    """
    source = resolve(name_or_path)
    spec = verify(source)
    if (folder / SPEC_FILE).exists():
        raise UsageError(f"{folder} already holds a model.", "Name a new or an empty folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _files(spec):
            shutil.copyfile(source / name, folder / name)
        return write_model_item(spec, folder)
    except OSError as error:
        raise OutputNotWritableError(
            f"{folder} cannot be written: {error.strerror or error}.",
            "Name a folder that you may write to, on a disk with room.",
        ) from error


def _open(folder: Path) -> tuple[ModelSpec, SarKnowlip]:
    from sargeo.model.knowlip import SarKnowlip

    spec = load_spec(folder)
    weights = load_weights(folder, spec)
    try:
        return spec, SarKnowlip.restore(spec, weights, _tokeniser(folder, spec))
    except ValueError as error:
        problem = f"The tokens in {folder} do not fit its spec: {error}."
        raise ModelDamagedError(problem, FETCH_AGAIN) from error
    except RuntimeError as error:  # torch lists each tensor on a line of its own
        detail = " ".join(str(error).splitlines()[1:2]).strip()
        problem = f"The weights in {folder} have another shape than its spec: {detail}"
        raise ModelDamagedError(problem, FETCH_AGAIN) from error


def _tokeniser(folder: Path, spec: ModelSpec) -> Tokeniser | None:
    from sargeo.model.tokens import Tokeniser

    if spec.language is None:
        return None
    return Tokeniser.of_json(load_tokeniser(folder, spec.language), spec.language.max_tokens)


def _files(spec: ModelSpec) -> tuple[str, ...]:
    tokeniser = () if spec.language is None else (TOKENISER_FILE,)
    return (WEIGHTS_FILE, *tokeniser, SPEC_FILE)
