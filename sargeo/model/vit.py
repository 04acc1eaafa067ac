"""The other image tower: a plain vision transformer, in the layout of published weights.

Blocks, patches and positions are those of ViT-B/16 (Dosovitskiy et al. 2021) as DeiT, BLIP and
CLIP have it; see `sargeo.model.checkpoints`. The pyramid is ViTDet's (Li et al. 2022).

Every patch attends to the whole window, so that maps depend on where windows are cut, and places
of patches are learnt. `sargeo.model.vision.ImageTower` is free of both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sargeo.model.context import SLOTS, Context, ContextEncoder
from sargeo.model.convnext import LayerNorm2d
from sargeo.model.spec import VitSpec
from sargeo.model.vision import CONTEXT_DIM, Decoder, Features, init_variance_preserving

PATCH = 16
"""Side of a patch in pixels."""

_NORM_EPS = 1e-6
_POSITION_STD = 0.02


class VitTower(nn.Module):
    """SAR pixels to features.

    Parameters
    ----------
    spec : VitSpec
    sensors : int
        How many sensors are told apart.
    """

    def __init__(self, spec: VitSpec, sensors: int = 0) -> None:
        super().__init__()
        width = spec.width
        self.context = ContextEncoder(CONTEXT_DIM, sensors)
        self.patches = nn.Conv2d(SLOTS + 1, width, PATCH, stride=PATCH)
        self.class_token = nn.Parameter(torch.zeros(width))
        self.positions = nn.Parameter(torch.empty(1 + spec.grid**2, width))
        self.bias = nn.Linear(CONTEXT_DIM, width)
        self.pre_norm = nn.LayerNorm(width, _NORM_EPS) if spec.pre_norm else nn.Identity()
        self.blocks = nn.ModuleList(_Block(width, spec.heads) for _ in range(spec.depth))
        self.norm = nn.LayerNorm(width, _NORM_EPS)
        self.blocks.apply(init_variance_preserving)
        nn.init.trunc_normal_(self.positions, std=_POSITION_STD)
        self.pyramid = _Pyramid(width)
        self.decoder = Decoder(self.pyramid.dims, spec.decoder_dim)

    def forward(self, pixels: Tensor, valid: Tensor, context: Context) -> Features:
        """Encode windows; see `sargeo.model.vision.ImageTower.forward`.

        Patches without a valid pixel are attended to by none. Masked pixels are thus hidden as in
        masked autoencoders, by calling them invalid.
        """
        x = self._embed(pixels, valid, context)
        rows, columns = x.shape[2:]
        class_token = (self.class_token + self.positions[0]).expand(len(x), 1, -1)
        tokens = torch.cat([class_token, x.flatten(2).transpose(1, 2)], dim=1)
        tokens = self.pre_norm(tokens + self.bias(self.context(context))[:, None])
        known = functional.max_pool2d(valid[:, None].float(), PATCH).flatten(1) > 0
        seen = functional.pad(known, (1, 0), value=True)[:, None, None, :]
        for block in self.blocks:
            tokens = block(tokens, seen)
        x = self.norm(tokens)[:, 1:].transpose(1, 2).reshape(len(x), -1, rows, columns)
        pyramid = self.pyramid(x)
        return Features(tuple(pyramid), self.decoder(pyramid))

    def _embed(self, pixels: Tensor, valid: Tensor, context: Context) -> Tensor:
        """Return patches (N, width, H / 16, W / 16) with the positions of their places."""
        known = valid[:, None] & context.present[:, :, None, None]
        # As in the other tower: the mean of the bands keeps one band as loud as four.
        share = context.present.sum(1).to(pixels.dtype).reciprocal()[:, None, None, None]
        slots = torch.where(known, pixels * share, 0.0)
        x: Tensor = self.patches(torch.cat([slots, valid[:, None].to(slots.dtype)], dim=1))
        side = round((len(self.positions) - 1) ** 0.5)
        places = self.positions[1:].T.reshape(1, -1, side, side)
        if x.shape[2:] != places.shape[2:]:
            places = functional.interpolate(places, x.shape[2:], mode="bicubic", antialias=True)
        return x + places


class _Block(nn.Module):
    """Attention among the tokens, then an MLP block on each; pre-norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, _NORM_EPS)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, _NORM_EPS)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """Return tokens (N, T, width) that attended to those that a mask (N, 1, 1, T) shows."""
        n, length, width = x.shape
        split = self.qkv(self.norm1(x)).view(n, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        x = x + self.proj(found.transpose(1, 2).flatten(2))
        thought: Tensor = x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))
        return thought


class _Pyramid(nn.Module):
    """The simple feature pyramid of ViTDet: strides 4, 8, 16 and 32 from stride 16 alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dims = (width // 4, width // 2, width, width)
        self.to_4 = nn.Sequential(
            nn.ConvTranspose2d(width, width // 2, 2, stride=2),
            LayerNorm2d(width // 2),
            nn.GELU(),
            nn.ConvTranspose2d(width // 2, width // 4, 2, stride=2),
        )
        self.to_8 = nn.ConvTranspose2d(width, width // 2, 2, stride=2)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return four levels, from fine to coarse, for features at stride 16."""
        return [self.to_4(x), self.to_8(x), x, functional.max_pool2d(x, 2)]
