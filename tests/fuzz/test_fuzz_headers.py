"""Files that are no scenes, or barely: headers, sizes, types, places and tags of all kinds."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fuzzing import fuzz, run_judged
from support.odd_rasters import (
    CAPELLA_LIKE,
    TAGS,
    WORDS,
    damaged_tiffs,
    odd_values,
    odd_vrts,
)
from support.rasters import DTYPES, write_raster

pytestmark = pytest.mark.slow

ASSUMED = st.sampled_from(["", "", "vv", "vv,vh", "vv,db", "vv,amplitude,uncalibrated", "skip,vv"])


@fuzz(120)
@given(data=damaged_tiffs(), assume=ASSUMED)
def test_damaged_tiffs_are_read_or_refused(data, assume):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cut_vv.tif")
        path.write_bytes(data)
        run_judged("info", path, "--assume", assume, "--json", names=["cut_vv.tif", "--assume"])


@fuzz(120)
@given(text=odd_vrts(), assume=ASSUMED)
def test_virtual_rasters_are_read_or_refused(text, assume):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "odd_vv.vrt")
        path.write_text(text.replace("SELF", str(path)), encoding="utf-8")
        run_judged("info", path, "--assume", assume, "--json", names=["odd_vv.vrt", "--assume"])


@fuzz(50)
@given(data=st.data(), dtype=st.sampled_from(DTYPES), assume=ASSUMED)
def test_numbers_and_tags_are_read_or_refused(data, dtype, assume):
    shape = data.draw(
        st.sampled_from([(1, 40, 50), (2, 40, 50), (3, 20, 30), (4, 9, 9), (1, 1, 1)])
    )
    with np.errstate(all="ignore"):
        values = odd_values(data.draw, shape).astype(dtype)
    tags = {k: v.replace("\0", "") for k, v in data.draw(TAGS).items()}
    if data.draw(st.booleans()):
        tags["TIFFTAG_IMAGEDESCRIPTION"] = json.dumps(data.draw(CAPELLA_LIKE)).replace(
            "\\u0000", ""
        )
    with tempfile.TemporaryDirectory() as folder:
        path = write_raster(
            Path(folder, "odd_vv.tif"),
            values,
            descriptions=[data.draw(WORDS).replace("\0", "") for _ in range(shape[0])],
            tags=tags,
        )
        run_judged("info", path, "--assume", assume, "--json", names=["odd_vv", "--assume"])
        run_judged("info", path, "--assume", assume, names=["odd_vv", "--assume"])
