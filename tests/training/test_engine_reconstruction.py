"""What is to be told of hidden pixels forgives speckle, and is asked where pixels were hidden."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sargeo_training.crops.chip_stream import hide
from sargeo_training.objectives.reconstruction import Reconstruction, ratio_gradients

WINDOWS = (9, 13, 17)


def edge(contrast: float = 2.0, looks: float = 0.0, size: int = 64) -> torch.Tensor:
    """Normalised pixels (1, 4, H, W), brighter on the right by a factor of e to the contrast."""
    power = torch.ones(1, 4, size, size)
    power[..., size // 2 :] *= float(np.exp(contrast))
    if looks:
        rng = np.random.default_rng(0)
        power = power * torch.from_numpy(rng.gamma(looks, 1 / looks, power.shape)).float()
    return power.log() / (6.0 / 4.3429)


EVERYWHERE = torch.ones(1, 64, 64, dtype=torch.bool)


def test_gradient_is_the_log_ratio_across_an_edge() -> None:
    gradients, known = ratio_gradients(edge(), EVERYWHERE, WINDOWS)
    assert gradients.shape == (1, 4, 3, 16, 16)
    assert known[0, 0, 2:-2, 2:-2].all()
    assert not known[0, 0, 0].any()  # nothing lies above
    # Pixels beside the edge have some of it in one half: the wider the window, the less.
    narrow, middle, wide = gradients[0, 0, :, 8, 8]
    assert 0.9 < narrow < middle < wide < 2
    assert gradients[0, 0, :, 2:-2, 2].max() < 1e-4


def test_gradient_is_as_strong_whichever_way_an_edge_runs() -> None:
    across, _ = ratio_gradients(edge(), EVERYWHERE, WINDOWS)
    down, _ = ratio_gradients(edge().transpose(2, 3), EVERYWHERE, WINDOWS)
    falling, _ = ratio_gradients(edge().flip(3), EVERYWHERE, WINDOWS)
    torch.testing.assert_close(down.transpose(3, 4), across)
    torch.testing.assert_close(falling.flip(4), across)


def test_gradient_of_wider_windows_forgives_more_speckle() -> None:
    gradients, _ = ratio_gradients(edge(0.0, looks=1.0), EVERYWHERE, WINDOWS)
    strength = gradients[0, 0, :, 4:12, 4:12].flatten(1).mean(1)
    assert strength[0] > strength[1] > strength[2]
    assert strength[2] < 0.35  # single-look log-power itself spreads by 1.28


def test_gradient_does_not_hang_on_brightness() -> None:
    dark, _ = ratio_gradients(edge(looks=4.0) - 1.0, EVERYWHERE, WINDOWS)
    bright, _ = ratio_gradients(edge(looks=4.0), EVERYWHERE, WINDOWS)
    torch.testing.assert_close(dark, bright, atol=1e-3, rtol=1e-3)


def test_gradient_is_unknown_at_what_is_not_valid() -> None:
    valid = EVERYWHERE.clone()
    valid[:, :, :24] = False
    _, known = ratio_gradients(edge(), valid, WINDOWS)
    assert not known[0, 0, :, :6].any()
    assert known[0, 0, 2:-2, 10:-2].all()


def test_hidden_share_is_the_same_in_each_picture() -> None:
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    hidden = hide(torch.ones(3, 96, 96, dtype=torch.bool), 0.75, 16, rngs)
    assert hidden.mean((1, 2)) == pytest.approx([0.75] * 3)
    assert not (hidden[0] == hidden[1]).all()
    blocks = hidden.reshape(3, 6, 16, 6, 16)
    assert (blocks.all((2, 4)) | ~blocks.any((2, 4))).all()


def test_only_hidden_cells_of_present_bands_count() -> None:
    torch.manual_seed(0)
    loss = Reconstruction(8, WINDOWS)
    decoded = torch.randn(1, 8, 16, 16)
    present = torch.tensor([[True, False, False, False]])
    hidden = torch.zeros_like(EVERYWHERE)
    hidden[:, :32] = True
    with torch.no_grad():
        check_what_counts(loss, decoded, present, hidden)


def check_what_counts(
    loss: Reconstruction, decoded: torch.Tensor, present: torch.Tensor, hidden: torch.Tensor
) -> None:
    pixels = edge()
    asked = loss(decoded, pixels, EVERYWHERE, present, hidden)
    pixels[:, 1:] = 9.0
    decoded[:, :, 10:] = 9.0
    assert loss(decoded, pixels, EVERYWHERE, present, hidden) == pytest.approx(float(asked))
    assert loss(decoded, pixels, EVERYWHERE, present, ~EVERYWHERE) == 0
    assert loss(decoded, pixels, EVERYWHERE, ~present, hidden) != pytest.approx(float(asked))
