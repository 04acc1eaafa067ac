"""The four stages of a ConvNeXt (Liu et al. 2022), in the layout of timm's, from torch alone.

timm's own would do, but loads hundreds of modules that the network does not use, and torchvision:
three times as long as torch itself. See docs/decisions/own-blocks.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

_KERNEL = 7
_NORM_EPS = 1e-6
_WIDER = 4


class LayerNorm2d(nn.LayerNorm):
    """A layer norm over the channels of features (N, C, H, W)."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim, _NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def convnext_stages(depths: Sequence[int], dims: Sequence[int]) -> nn.ModuleList:
    """Return the stages, whose biases start at zero, and whose kernels as torch draws them.

    Parameters
    ----------
    depths, dims : sequence of int
        Blocks and channels of each stage. All but the first halve the resolution.
    """
    before = (None, *dims[:-1])
    stages = nn.ModuleList(map(Stage, before, dims, depths))
    for module in stages.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    return stages


class Stage(nn.Module):
    """Features of half the resolution, but for the first stage, and blocks on them."""

    def __init__(self, before: int | None, dim: int, depth: int) -> None:
        super().__init__()
        self.downsample: nn.Module = nn.Identity()
        if before is not None:
            self.downsample = nn.Sequential(LayerNorm2d(before), nn.Conv2d(before, dim, 2, 2))
        self.blocks = nn.Sequential(*(_Block(dim) for _ in range(depth)))

    def forward(self, x: Tensor, bias: Tensor | None, known: Tensor) -> Tensor:
        """Return features (N, dim, h, w); what enters the blocks is biased, and zero where unknown.

        Parameters
        ----------
        x : Tensor, shape (N, before, 2 h, 2 w), or of the first stage (N, dim, h, w)
        bias : Tensor or None, shape (N, dim, 1, 1)
        known : Tensor, shape (N, 1, h, w)
            Ones and zeros.
        """
        x = self.downsample(x)
        if bias is not None:
            x = x + bias
        features: Tensor = self.blocks(x * known)
        return features


class _Block(nn.Module):
    """A convolution of each channel, then an MLP block on each pixel."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(dim, dim, _KERNEL, padding=_KERNEL // 2, groups=dim)
        self.norm = nn.LayerNorm(dim, _NORM_EPS)
        self.mlp = _Perceptron(dim)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape, (N, dim, H, W)."""
        rows = self.norm(self.conv_dw(x).permute(0, 2, 3, 1))
        changed: Tensor = self.mlp(rows).permute(0, 3, 1, 2)
        return changed + x


class _Perceptron(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, _WIDER * dim)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(_WIDER * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        thought: Tensor = self.fc2(self.act(self.fc1(x)))
        return thought
