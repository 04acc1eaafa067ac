"""Settings in YAML files, checked by a pydantic model."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from sargeo.errors import UsageError

Model = TypeVar("Model", bound=BaseModel)


def read_settings(model: type[Model], path: Path, remedy: str) -> Model:
    """Read a YAML file into a model.

    Parameters
    ----------
    model : type of pydantic.BaseModel
    path : Path
    remedy : str
        A sentence that says where every setting is explained.

    Raises
    ------
    sargeo.errors.UsageError
        If the file cannot be read or is no YAML, or naming the first setting that is wrong.
    """
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", remedy) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not YAML: {str(error).splitlines()[0]}.", remedy) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        raise UsageError(f"{path}: {key}: {first['msg']}.", remedy) from error
