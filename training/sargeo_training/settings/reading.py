"""Settings in YAML files, checked by a pydantic model; what is wrong in them is named."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from sargeo.errors import UsageError

Model = TypeVar("Model", bound=BaseModel)

_CHANGE_REMEDY = "Give it as KEY=VALUE with a dotted key, such as dense.simulator=false."


def read_settings(
    model: type[Model], path: Path, remedy: str, changes: Sequence[str] = ()
) -> Model:
    """Read a YAML file into a model.

    Parameters
    ----------
    model : type of pydantic.BaseModel
    path : Path
    remedy : str
        A sentence that says where every setting is explained.
    changes : sequence of str
        ``KEY=VALUE`` with a dotted key; items of a list go by their ``name``.

    Raises
    ------
    sargeo.errors.UsageError
        If the file cannot be read or is no YAML, or naming the first setting that is wrong; of an
        unknown one, with the nearest that is known.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", remedy) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not YAML: {str(error).splitlines()[0]}.", remedy) from error
    for change in changes:
        _change(content, change)
    return checked_settings(model, content, str(path), remedy)


def checked_settings(model: type[Model], content: object, where: str, remedy: str) -> Model:
    """Turn plain types into a model; see `read_settings`.

    Parameters
    ----------
    where : str
        What holds the content, for people.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        if first["type"] == "extra_forbidden":
            near = _nearest(model, first["loc"])
            raise UsageError(f"{where} has an unknown key {key}{near}.", remedy) from error
        raise UsageError(f"{where}: {key}: {first['msg']}.", remedy) from error


def _change(content: Any, change: str) -> None:
    key, equals, value = change.partition("=")
    if not equals:
        raise UsageError(f"{change!r} changes no setting.", _CHANGE_REMEDY)
    *parents, last = key.split(".")
    try:
        for name in parents:
            content = _child(content, name)
        content[last] = yaml.safe_load(value)
    except (KeyError, StopIteration, TypeError, yaml.YAMLError) as error:
        raise UsageError(f"{change!r} changes no setting.", _CHANGE_REMEDY) from error


def _child(content: Any, name: str) -> Any:
    if isinstance(content, list):
        return next(item for item in content if item["name"] == name)
    return content.setdefault(name, {})


def _nearest(model: type[BaseModel], location: Sequence[int | str]) -> str:
    """Return the known key that is most like an unknown one, as the end of a sentence."""
    models = [model]
    for name in location[:-1]:
        fields = [m.model_fields[str(name)] for m in models if str(name) in m.model_fields]
        # Places in a list and kinds of a union are steps of the location, too.
        models = [m for f in fields for m in _models(f.annotation)] or models
    known = [key for each in models for key in each.model_fields]
    near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    return f"; the nearest known one is {near[0]}" if near else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
