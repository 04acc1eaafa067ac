"""A model as a STAC item, by the extension "Machine Learning Model" (MLM) v1.5.

See https://github.com/stac-extensions/mlm for the meaning of the fields.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from safetensors import safe_open

from sargeo.model.spec import (
    ITEM_FILE,
    SPEC_FILE,
    TOKENISER_FILE,
    WEIGHTS_FILE,
    LanguageSpec,
    ModelSpec,
)
from sargeo.scene.bands import POLARISATIONS

_EXTENSIONS = (
    "https://stac-extensions.github.io/mlm/v1.5.0/schema.json",
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
)
_ARCHITECTURES = {"convnext": "ConvNeXt", "vit": "ViT"}
_WORLD = (-180, -90, 180, 90)
_SHA256 = "1220"  # what multihash puts before 32 bytes of SHA-256


def write_model_item(spec: ModelSpec, folder: Path) -> Path:
    """Describe the model in a folder by ``model.stac.json`` beside it, and return its path."""
    path = folder / ITEM_FILE
    text = json.dumps(_item(spec, folder / WEIGHTS_FILE), indent=2) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def find_model_item(spec: ModelSpec, folder: Path) -> Path | None:
    """Return where the item of a model lies; None where its folder has none of these weights."""
    path = (folder / ITEM_FILE).resolve()
    # An item that was left behind by other weights would link a map to a model that never saw it.
    return path if path.is_file() and spec.weights_sha256.encode() in path.read_bytes() else None


def _item(spec: ModelSpec, weights: Path) -> dict[str, Any]:
    west, south, east, north = _WORLD
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": list(_EXTENSIONS),
        "id": f"{spec.name}-{spec.version}",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": list(_WORLD),
        "properties": _properties(spec, weights),
        "links": [],
        "assets": _assets(spec, weights),
    }


def _assets(spec: ModelSpec, weights: Path) -> dict[str, Any]:
    assets: dict[str, Any] = {
        "weights": {
            "href": f"./{WEIGHTS_FILE}",
            "title": "Weights",
            "type": "application/octet-stream; framework=pytorch",
            "roles": ["mlm:model", "mlm:weights"],
            "mlm:artifact_type": "safetensors",
            "file:size": weights.stat().st_size,
            "file:checksum": _SHA256 + spec.weights_sha256,
        },
        "spec": {
            "href": f"./{SPEC_FILE}",
            "title": "What the model is and what it was made for",
            "type": "application/json",
            "roles": ["metadata"],
        },
    }
    if spec.language is not None:
        assets["tokeniser"] = {
            "href": f"./{TOKENISER_FILE}",
            "title": "Texts to tokens, for the library tokenizers",
            "type": "application/json",
            "roles": ["metadata"],
            "file:size": weights.with_name(TOKENISER_FILE).stat().st_size,
            "file:checksum": _SHA256 + spec.language.tokeniser_sha256,
        }
    return assets


def _properties(spec: ModelSpec, weights: Path) -> dict[str, Any]:
    inputs, outputs = [_input(spec)], [_landcover(spec), _objects(spec)]
    tasks = ["semantic-segmentation", "object-detection"]
    if spec.language is not None:
        inputs.append(_text(spec.language))
        outputs += [_embedding(spec, spec.language), _words(spec.language)]
        tasks += ["similarity-search", "image-captioning"]
    return {
        "title": spec.name,
        "description": spec.summary,
        "license": spec.licence,
        # A model has no date of acquisition: the extension's own examples span all of time.
        "datetime": None,
        "start_datetime": "1900-01-01T00:00:00Z",
        "end_datetime": "9999-12-31T23:59:59Z",
        "mlm:name": spec.name,
        "mlm:architecture": _ARCHITECTURES[spec.tower.kind],
        "mlm:tasks": tasks,
        "mlm:framework": "PyTorch",
        "mlm:total_parameters": _count_parameters(weights),
        "mlm:pretrained": True,
        "mlm:pretrained_source": ", ".join(spec.sources),
        "mlm:accelerator": None,
        "mlm:input": inputs,
        "mlm:output": outputs,
    }


def _input(spec: ModelSpec) -> dict[str, Any]:
    scaling = spec.normalisation
    return {
        "name": "backscatter",
        "description": "Backscatter in decibels, one channel per polarisation; absent ones are 0.",
        "bands": list(POLARISATIONS),
        "input": {
            "shape": [-1, len(POLARISATIONS), spec.patch, spec.patch],
            "dim_order": ["batch", "bands", "height", "width"],
            "data_type": "float32",
        },
        "value_scaling": [
            {"type": "z-score", "mean": scaling.mean_db[p], "stddev": scaling.std_db[p]}
            for p in POLARISATIONS
        ],
        "resize_type": None,
    }


def _text(language: LanguageSpec) -> dict[str, Any]:
    return {
        "name": "text",
        "description": "Tokens of a text to compare, or of a question, by the tokeniser.",
        "bands": [],
        "input": {
            "shape": [-1, language.max_tokens],
            "dim_order": ["batch", "token"],
            "data_type": "int64",
        },
        "resize_type": None,
    }


def _landcover(spec: ModelSpec) -> dict[str, Any]:
    side = spec.patch // spec.output_stride
    return {
        "name": "landcover",
        "description": "Calibrated class probabilities.",
        "tasks": ["semantic-segmentation"],
        "result": {
            "shape": [-1, len(spec.classes), side, side],
            "dim_order": ["batch", "class", "height", "width"],
            "data_type": "float32",
        },
        "classification:classes": [
            {
                "value": c.code,
                "name": c.name.replace(" ", "-"),
                "title": c.name,
                "color_hint": c.colour.removeprefix("#").upper(),
            }
            for c in spec.landcover
        ],
    }


def _objects(spec: ModelSpec) -> dict[str, Any]:
    return {
        "name": "objects",
        "description": "Row, column, height, width and length in pixels, confidence, kind.",
        "tasks": ["object-detection"],
        "result": {
            "shape": [-1, -1, 7],
            "dim_order": ["batch", "object", "attribute"],
            "data_type": "float32",
        },
        "classification:classes": [
            {"value": i, "name": kind} for i, kind in enumerate(spec.object_kinds)
        ],
    }


def _embedding(spec: ModelSpec, language: LanguageSpec) -> dict[str, Any]:
    side = spec.patch // spec.output_stride
    return {
        "name": "cells",
        "description": "Unit vectors in the space of texts, and the logarithm of their weight.",
        "tasks": ["similarity-search"],
        "result": {
            "shape": [-1, language.embedding_dim + 1, side, side],
            "dim_order": ["batch", "channel", "height", "width"],
            "data_type": "float32",
        },
    }


def _words(language: LanguageSpec) -> dict[str, Any]:
    return {
        "name": "words",
        "description": "Tokens of a description or of an answer.",
        "tasks": ["image-captioning"],
        "result": {
            "shape": [-1, language.max_tokens],
            "dim_order": ["batch", "token"],
            "data_type": "int64",
        },
    }


def _count_parameters(weights: Path) -> int:
    with safe_open(weights, framework="numpy") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
    return sum(math.prod(shape) for shape in shapes)
