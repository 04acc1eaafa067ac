"""SarModel.infer: from a batch of windows to probabilities and objects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sargeo.errors import OutOfMemoryError
from sargeo.model.api import SarModel
from sargeo.model.registry import load_model
from sargeo.scene.bands import Band
from sargeo.tiling.batch import Acquisition, Batch
from sargeo.tiling.plan import plan_windows

SIDE = 64
VV, VH = Band("VV", "sigma0", "db"), Band("VH", "sigma0", "db")
KNOWN = Acquisition((VV, VH), gsd_m=(10.0, 10.0), incidence_deg=38.0)


@pytest.fixture
def model(tiny_model: Path) -> SarModel:
    return load_model(tiny_model, "cpu")


def batch(n: int = 2) -> Batch:
    generator = torch.Generator().manual_seed(4)
    return Batch(
        pixels=torch.randn(n, 2, SIDE, SIDE, generator=generator),
        valid=torch.ones(n, SIDE, SIDE, dtype=torch.bool),
        lonlat=torch.tensor([[12.0, 55.0]]).repeat(n, 1),
        windows=plan_windows((SIDE, n * SIDE), patch=SIDE, margin=0),
    )


def part(whole: Batch, i: int) -> Batch:
    one = slice(i, i + 1)
    return Batch(whole.pixels[one], whole.valid[one], whole.lonlat[one], whole.windows[one])


def test_probabilities_and_objects_have_their_shapes(model: SarModel) -> None:
    outputs = model.infer(batch(), KNOWN)
    cells = SIDE // model.output_stride
    assert outputs.maps.shape == (2, model.channels, cells, cells)
    assert outputs.maps.dtype == torch.float32
    torch.testing.assert_close(outputs.maps.sum(1), torch.ones(2, cells, cells))
    assert outputs.objects.shape[::2] == (2, 7)
    assert not outputs.maps.requires_grad


def test_a_model_says_what_it_is(model: SarModel) -> None:
    assert (model.output_stride, model.alignment, model.channels) == (4, 32, 5)
    assert model.device == torch.device("cpu")
    assert model.dtype == torch.float32


def test_bands_are_known_by_name_not_by_order(model: SarModel) -> None:
    one = batch()
    swapped = replace(one, pixels=one.pixels.flip(1))
    expected = model.infer(one, KNOWN).maps
    flipped = replace(KNOWN, bands=(VH, VV))
    assert torch.equal(expected, model.infer(swapped, flipped).maps)
    assert not torch.allclose(expected, model.infer(swapped, KNOWN).maps)


@pytest.mark.parametrize(
    "other",
    [
        Acquisition((VV, VH), None, 38.0),
        Acquisition((VV, VH), (10.0, 20.0), 38.0),
        Acquisition((VV, VH), (10.0, 10.0), None),
        Acquisition((VV, Band("VH", "uncalibrated", "db")), (10.0, 10.0), 38.0),
        Acquisition((VV, Band("HH", "sigma0", "db")), (10.0, 10.0), 38.0),
    ],
)
def test_all_of_the_acquisition_reaches_the_network(model: SarModel, other: Acquisition) -> None:
    assert not torch.allclose(model.infer(batch(), KNOWN).maps, model.infer(batch(), other).maps)


def test_a_window_says_the_same_in_any_batch(model: SarModel) -> None:
    together = model.infer(batch(3), KNOWN)
    for i in range(3):
        alone = model.infer(part(batch(3), i), KNOWN)
        torch.testing.assert_close(alone.maps[0], together.maps[i], rtol=0, atol=1e-5)
        torch.testing.assert_close(alone.objects[0], together.objects[i], rtol=0, atol=1e-3)


def test_temperature_softens_probabilities(model: SarModel) -> None:
    soft = SarModel(
        model._network, model.spec.model_copy(update={"temperature": 5.0}), model.device
    )
    sharp, blunt = (m.infer(batch(), KNOWN).maps.amax(1) for m in (model, soft))
    assert (blunt <= sharp + 1e-6).all()
    assert blunt.mean() < sharp.mean()


class Exhausted(nn.Module):
    """A network that fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, *_: Tensor) -> Tensor:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
        MemoryError(),
    ],
)
def test_memory_that_runs_out_has_a_remedy(model: SarModel, error: Exception) -> None:
    model._network = Exhausted(error)  # type: ignore[assignment]
    with pytest.raises(OutOfMemoryError, match="2 windows of 64 by 64") as caught:
        model.infer(batch(), KNOWN)
    assert "--batch-size" in caught.value.remedy
    assert caught.value.__cause__ is error


def test_other_failures_stay_what_they_are(model: SarModel) -> None:
    model._network = Exhausted(RuntimeError("shapes differ"))  # type: ignore[assignment]
    with pytest.raises(RuntimeError, match="shapes differ"):
        model.infer(batch(), KNOWN)
