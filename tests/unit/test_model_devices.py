"""Devices by name, on machines with and without GPUs."""

from __future__ import annotations

import pytest
import torch

from sargeo.errors import DeviceMissingError, UsageError
from sargeo.model.devices import pick_device


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)


@pytest.mark.parametrize(
    ("gpus", "name", "device"),
    [
        (0, "auto", "cpu"),
        (1, "auto", "cuda:0"),
        (2, "cpu", "cpu"),
        (2, "cuda", "cuda:0"),
        (2, "cuda:1", "cuda:1"),
    ],
    indirect=["gpus"],
)
def test_a_name_means_a_device(gpus: None, name: str, device: str) -> None:
    assert pick_device(name) == torch.device(device)


@pytest.mark.parametrize(
    ("gpus", "name"), [(0, "cuda"), (0, "cuda:0"), (2, "cuda:2")], indirect=["gpus"]
)
def test_a_gpu_that_is_not_there_is_missed(gpus: None, name: str) -> None:
    with pytest.raises(DeviceMissingError, match=f"'{name}' does not exist") as caught:
        pick_device(name)
    assert "auto" in caught.value.remedy


@pytest.mark.parametrize("name", ["", "gpu", "mps", "cuda:", "cuda:-1", "cuda:0x1", "CPU"])
def test_other_names_mean_nothing(name: str) -> None:
    with pytest.raises(UsageError, match="There is no device"):
        pick_device(name)
