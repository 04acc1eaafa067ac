"""The model as everything above sees it: a network on a device, with its spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from sargeo.errors import NoLanguageError, OutOfMemoryError
from sargeo.model.context import SLOTS, Context
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.language import Cells, LanguagePart, known_cells, pool
from sargeo.model.objects import decode
from sargeo.model.predict import Prediction, predict
from sargeo.model.spec import ModelSpec
from sargeo.model.vision import COARSEST_STRIDE
from sargeo.scene.bands import POLARISATIONS, QUANTITIES, Band, Polarisation, Quantity, Scale
from sargeo.tiling.batch import Acquisition, Batch, Outputs

# Torch has no exception of its own for the CPU's memory, nor for that of cuBLAS.
_OUT_OF_MEMORY = ("DefaultCPUAllocator", "CUBLAS_STATUS_ALLOC_FAILED")


@dataclass(frozen=True, slots=True)
class GeneratedText:
    """A text about each of N windows, and how well it fits.

    Attributes
    ----------
    texts : list of str
        In lower case.
    contrast : ndarray of float32, shape (N,)
        Similarity (cosine) of the window's pooled cells with the text; of an answer, with question
        and answer together.
    matching : ndarray of float32, shape (N,)
        Probability that they belong together, by the matching head.
    """

    texts: list[str]
    contrast: NDArray[np.float32]
    matching: NDArray[np.float32]


class SarModel:
    """A network that is ready to map; `sargeo.tiling.batch.Network` describes what it does.

    Parameters
    ----------
    network : SarKnowlip
        Is moved to the device and frozen.
    spec : ModelSpec
    device : torch.device
    item : Path, optional
        The STAC item that describes the model.
    """

    def __init__(
        self,
        network: SarKnowlip,
        spec: ModelSpec,
        device: torch.device,
        item: Path | None = None,
    ) -> None:
        self.spec = spec
        self.device = device
        self.item = item
        self._network = network.eval().requires_grad_(False).to(device, torch.float32)
        # Torch's annotations lack this form of Module.to.
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._dtype = _compute_dtype(device)

    @property
    def output_stride(self) -> int:
        """Input pixels per output cell, along each axis."""
        return self.spec.output_stride

    @property
    def alignment(self) -> int:
        """Pixels that windows have to be shifted by for features to repeat."""
        return COARSEST_STRIDE

    @property
    def dtype(self) -> torch.dtype:
        """What the tower computes in: bfloat16 where the device has it, else float32."""
        return self._dtype

    @property
    def channels(self) -> int:
        """K, the number of land-cover classes."""
        return len(self.spec.classes)

    @property
    def language(self) -> LanguagePart:
        """The part that reads and writes.

        Raises
        ------
        NoLanguageError
            If the model only maps.
        """
        if self._network.language is None:
            raise NoLanguageError(
                f"The model {self.spec.name} {self.spec.version} was made without language: it "
                "maps, but neither reads nor writes.",
                "Choose a model with language by --model; `sargeo model list` tells which have it.",
            )
        return self._network.language

    @property
    def writer(self) -> LanguagePart:
        """The same part, if it has learnt to write.

        Raises
        ------
        NoLanguageError
            If the model only maps, or only reads.
        """
        language = self.language
        if not self.spec.writes:
            raise NoLanguageError(
                f"The model {self.spec.name} {self.spec.version} has not learnt to write: it reads "
                "texts, but neither describes nor answers.",
                "Choose another model by --model, or train this one with the loss captioning.",
            )
        return language

    def predict(
        self,
        pixels: ArrayLike,
        *,
        bands: Sequence[Polarisation],
        scale: Scale,
        quantity: Quantity | None = None,
        valid: ArrayLike | None = None,
        gsd_m: float | None = None,
    ) -> Prediction:
        """Map an array of any size, without files.

        Parameters
        ----------
        pixels : array_like, shape (C, H, W)
            Backscatter. NaN, infinity, fill values and regions of zeros are not valid, by the
            rule that holds for files: `sargeo.scene.validity`.
        bands : sequence of {"VV", "VH", "HH", "HV"}
            Polarisation of each of the C bands.
        scale : {"db", "linear", "amplitude"}
            Decibels, linear power, or amplitude.
        quantity : {"sigma0", "gamma0", "beta0", "uncalibrated"}, optional
            By default amplitude is taken as uncalibrated, and the others as sigma nought.
        valid : array_like of bool, shape (H, W), optional
            Where there is a measurement.
        gsd_m : float, optional
            Ground spacing in metres, which `spec.spacing` tells the trained range of; None where
            it is unknown. Nothing is resampled.

        Raises
        ------
        UsageError
            If the arguments do not fit each other.
        OutOfMemoryError
            If memory of the machine or of the device ran out.
        """
        return predict(
            self,
            self.spec,
            self.device,
            pixels,
            bands=bands,
            scale=scale,
            quantity=quantity,
            valid=valid,
            gsd_m=gsd_m,
        )

    def infer(self, batch: Batch, acquisition: Acquisition) -> Outputs:
        """Run the network on a batch, without gradients.

        Raises
        ------
        OutOfMemoryError
            If memory of the machine or of the device ran out.
        """
        with _memory_watched(batch), torch.inference_mode():
            with self._computing():
                raw = self._network(*self._inputs(batch, acquisition))
            logits = raw.landcover / self.spec.temperature
            return Outputs(logits.softmax(1), decode(raw, self.output_stride, batch.valid))

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Place texts in the space that cells lie in.

        Returns
        -------
        ndarray of float32, shape (M, D)
            Unit vectors; their products with `cells` are cosines.

        Raises
        ------
        NoLanguageError
            If the model only maps.
        """
        language = self.language
        tokens = language.tokeniser.encode(texts).to(self.device)
        with self._computing():
            return language.embed_text(tokens).cpu().numpy()

    def cells(self, batch: Batch, acquisition: Acquisition) -> Cells:
        """Place each cell of a batch in the space of texts, without gradients.

        `sargeo.model.language.pool` averages cells.

        Raises
        ------
        NoLanguageError
            If the model only maps.
        OutOfMemoryError
            If memory of the machine or of the device ran out.
        """
        language = self.language
        with _memory_watched(batch), self._computing():
            return language.cells(self._decoded(batch, acquisition))

    def describe(self, batch: Batch, acquisition: Acquisition) -> GeneratedText:
        """Describe each window of a batch.

        Raises
        ------
        NoLanguageError
            If the model only maps, or only reads.
        OutOfMemoryError
            If memory of the machine or of the device ran out.
        """
        return self.answer(batch, acquisition, "")

    def answer(self, batch: Batch, acquisition: Acquisition, question: str) -> GeneratedText:
        """Answer a question of each window of a batch.

        Raises
        ------
        NoLanguageError
            If the model only maps, or only reads.
        OutOfMemoryError
            If memory of the machine or of the device ran out.
        """
        language = self.writer
        prompts = language.tokeniser.prompts([question] * len(batch.pixels)).to(self.device)
        with _memory_watched(batch), self._computing():
            pixels, valid, context = self._inputs(batch, acquisition)
            # Once, for the text and for how it fits.
            decoded = self._network.encode(pixels, valid, context).decoded
            visual = language.visual_tokens(decoded)
            texts = language.generate(visual, prompts, language.spec.max_tokens)
            whole = [f"{question} {text}".lstrip() for text in texts]
            tokens = language.tokeniser.encode(whole).to(self.device)
            seen = pool(language.cells(decoded), known_cells(batch.valid))
            contrast = (seen * language.embed_text(tokens)).sum(1)
            matching = language.match(visual, tokens).float().softmax(1)[:, 1]
        return GeneratedText(texts, contrast.cpu().numpy(), matching.cpu().numpy())

    def _decoded(self, batch: Batch, acquisition: Acquisition) -> Tensor:
        return self._network.encode(*self._inputs(batch, acquisition)).decoded

    def _inputs(self, batch: Batch, acquisition: Acquisition) -> tuple[Tensor, Tensor, Context]:
        pixels = _slots(batch.pixels, acquisition.bands)
        return pixels, batch.valid, _context(acquisition, batch.lonlat, self.spec.sensors)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        enabled = self._dtype == torch.bfloat16
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, torch.bfloat16, enabled=enabled),
        ):
            yield


def _compute_dtype(device: torch.device) -> torch.dtype:
    # CPUs stay with float32: few of them compute in bfloat16, and the others emulate it slowly.
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    return torch.float32


def _slots(pixels: Tensor, bands: tuple[Band, ...]) -> Tensor:
    """Put channels where the network looks for their polarisation."""
    n, _, height, width = pixels.shape
    # The slots lie innermost in memory: channels last is what convolutions like.
    slots = torch.zeros(n, height, width, SLOTS, device=pixels.device).permute(0, 3, 1, 2)
    slots[:, [POLARISATIONS.index(band.polarisation) for band in bands]] = pixels
    return slots


def _context(acquisition: Acquisition, lonlat: Tensor, sensors: tuple[str, ...]) -> Context:
    n, unknown = len(lonlat), float("nan")
    present, quantity = [False] * SLOTS, [0] * SLOTS
    for band in acquisition.bands:
        slot = POLARISATIONS.index(band.polarisation)
        present[slot], quantity[slot] = True, QUANTITIES.index(band.fed_as)
    incidence = unknown if acquisition.incidence_deg is None else acquisition.incidence_deg
    sensor = 1 + sensors.index(acquisition.sensor) if acquisition.sensor in sensors else 0
    gsd_m = (unknown, unknown) if acquisition.gsd_m is None else acquisition.gsd_m
    return Context(
        present=torch.tensor(present).expand(n, -1),
        quantity=torch.tensor(quantity).expand(n, -1),
        gsd_m=torch.tensor(gsd_m).expand(n, -1),
        incidence_deg=torch.tensor(incidence).expand(n),
        lonlat=lonlat,
        sensor=torch.tensor(sensor).expand(n),
    ).to(lonlat.device)


@contextmanager
def _memory_watched(batch: Batch) -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _is_out_of_memory(error):
            raise
        n, _, height, width = batch.pixels.shape
        raise OutOfMemoryError(
            f"Memory of {batch.pixels.device} ran out with {n} windows of {height} by {width} "
            "pixels at a time.",
            "Give a smaller --batch-size, then a smaller --patch.",
        ) from error


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(
        sign in str(error) for sign in _OUT_OF_MEMORY
    )
