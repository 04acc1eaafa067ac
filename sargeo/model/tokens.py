"""Texts to tokens and back: WordPiece in lower case, by the library ``tokenizers``.

Marks such as ``[SEP]`` are known to this module alone: in a text they are ordinary characters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

Span = tuple[int, int]
"""First character of a token in its text, and the one after its last."""

Start = Literal["[CLS]", "[DEC]"]
"""Mark before a text that is read as a whole, and before one that is written word by word."""

PAD: Final = "[PAD]"
UNKNOWN: Final = "[UNK]"
CLS: Final = "[CLS]"
SEP: Final = "[SEP]"
MASK: Final = "[MASK]"
DEC: Final = "[DEC]"
_MARKS = (PAD, UNKNOWN, CLS, SEP, MASK, DEC)
_CONTINUED = "##"  # before a piece that is not the first of its word
_NOWHERE: Final[Span] = (0, 0)

# Numbers keep their decimals and compounds their hyphens, so that decoding gives them back.
_WORDS = r"\d+(?:[.,]\d+)*(?!\w)|\w+(?:[-'’]\w+)*|[^\w\s]"
_MOST_OTHERS = 128  # characters beside ASCII


@dataclass(frozen=True, slots=True)
class Tokens:
    """N texts as tokens, padded to the longest.

    Attributes
    ----------
    ids : Tensor of int64, shape (N, L)
    mask : Tensor of bool, shape (N, L)
        False where padded.
    spans : tuple of tuple of (int, int)
        For each text, the characters of each of its tokens; (0, 0) for marks and prompts.
    given : tuple of int
        For each text, how many of its first tokens a decoder is given: mark and prompt. It has to
        say the others.
    """

    ids: Tensor
    mask: Tensor
    spans: tuple[tuple[Span, ...], ...] = ()
    given: tuple[int, ...] = ()

    def to(self, device: torch.device | str) -> Tokens:
        """Return the same on another device."""
        return Tokens(self.ids.to(device), self.mask.to(device), self.spans, self.given)


class Tokeniser:
    """Texts to tokens and back.

    Parameters
    ----------
    backend : Tokenizer
        Of the library ``tokenizers``; knows all marks.
    max_tokens : int
        Longer texts are cut.

    Raises
    ------
    ValueError
        If the backend lacks a mark.
    """

    def __init__(self, backend: Tokenizer, max_tokens: int) -> None:
        vocabulary: dict[str, int] = backend.get_vocab()
        if missing := [mark for mark in _MARKS if mark not in vocabulary]:
            raise ValueError(f"the tokeniser lacks {', '.join(missing)}")
        self.max_tokens = max_tokens
        self._backend = backend
        self._ids = {mark: vocabulary[mark] for mark in _MARKS}

    @classmethod
    def train(cls, texts: Sequence[str], size: int, max_tokens: int) -> Tokeniser:
        """Learn the pieces of words that occur most often; equal texts give equal tokenisers.

        Parameters
        ----------
        texts : sequence of str
        size : int
            At most so many tokens, but at least the marks and the characters.
        max_tokens : int
        """
        backend = _untrained()
        # The library numbers pieces in the random order of a hash map, and numbers break ties
        # between merges. Pieces that stand fixed beforehand make the outcome the same each time.
        characters = _characters(texts)
        fixed = [*_MARKS, *characters, *(_CONTINUED + c for c in characters)]
        trainer = trainers.WordPieceTrainer(
            vocab_size=size,
            min_frequency=2,
            special_tokens=fixed,
            initial_alphabet=characters,
            limit_alphabet=len(characters),
            show_progress=False,
        )
        backend.train_from_iterator(texts, trainer)
        vocabulary = backend.get_vocab()
        return cls.of_words(sorted(vocabulary, key=vocabulary.__getitem__), max_tokens)

    @classmethod
    def of_words(cls, words: Iterable[str], max_tokens: int, *, bert: bool = False) -> Tokeniser:
        """Make a tokeniser from a list of pieces, such as the lines of BERT's ``vocab.txt``.

        Parameters
        ----------
        words : iterable of str
            Pieces by number; marks that are missing are put after them.
        max_tokens : int
        bert : bool
            Take words apart as BERT does, which splits numbers and compounds at each sign.
        """
        listed = list(words)
        listed += [mark for mark in _MARKS if mark not in set(listed)]
        backend = _untrained({word: i for i, word in enumerate(listed)})
        if bert:
            backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        return cls(backend, max_tokens)

    @classmethod
    def of_json(cls, content: str, max_tokens: int) -> Tokeniser:
        """Make a tokeniser from what `write` wrote.

        Raises
        ------
        ValueError
            If it is not a tokeniser, or lacks a mark.
        """
        try:
            backend = Tokenizer.from_str(content)
        except Exception as error:  # the library raises no other class
            raise ValueError(f"not a tokeniser: {error}") from error
        return cls(backend, max_tokens)

    def to_json(self) -> str:
        """Return it as the library's JSON."""
        content: str = self._backend.to_str(pretty=True)
        return content

    @property
    def size(self) -> int:
        """How many tokens it knows."""
        size: int = self._backend.get_vocab_size()
        return size

    def count(self, text: str) -> int:
        """Return how many tokens a text has, without marks and uncut."""
        return len(self._backend.encode(text, add_special_tokens=False).ids)

    def id_of(self, token: str) -> int:
        """Return the number of a mark or a piece; that of ``[UNK]`` where it is not known."""
        found: int | None = self._backend.token_to_id(token)
        return self._ids[UNKNOWN] if found is None else found

    @property
    def unsayable(self) -> tuple[int, ...]:
        """Numbers of marks that no text holds: all but ``[SEP]``, which ends one."""
        return tuple(i for mark, i in self._ids.items() if mark != SEP)

    def encode(
        self, texts: Sequence[str], *, start: Start = CLS, prompts: Sequence[str] | None = None
    ) -> Tokens:
        """Turn texts into tokens: the start, the prompt and ``[SEP]``, the text and ``[SEP]``.

        Parameters
        ----------
        texts : sequence of str
            Cut where they are too long.
        start : {"[CLS]", "[DEC]"}
        prompts : sequence of str, optional
            One for each text; nothing is put for an empty one. They get half of the room.
        """
        heads = [self._head(start, p) for p in prompts or [""] * len(texts)]
        rows, spans = [], []
        for head, text in zip(heads, texts, strict=True):
            # One by one: threads of the library do not survive a fork.
            encoding = self._backend.encode(text, add_special_tokens=False)
            room = self.max_tokens - len(head) - 1
            rows.append([*head, *encoding.ids[:room], self._ids[SEP]])
            own = tuple(encoding.offsets[:room])
            spans.append((*[_NOWHERE] * len(head), *own, _NOWHERE))
        return self._padded(rows, tuple(spans), tuple(map(len, heads)))

    def prompts(self, questions: Sequence[str]) -> Tokens:
        """Return what a decoder goes on from: the start, the question and ``[SEP]``.

        After an empty question, which is the start alone, it describes.
        """
        heads = [self._head(DEC, question) for question in questions]
        spans = tuple((_NOWHERE,) * len(head) for head in heads)
        return self._padded(heads, spans, tuple(map(len, heads)))

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of tokens up to the first ``[SEP]``, in lower case."""
        pieces: list[str] = []
        for i in ids:
            if i == self._ids[SEP]:
                break
            piece = self._backend.id_to_token(i)
            if piece is not None and piece not in _MARKS:
                pieces.append(piece)
        text = " ".join(pieces).replace(f" {_CONTINUED}", "").removeprefix(_CONTINUED)
        return re.sub(r"([(\[]) ", r"\1", re.sub(r" ([.,;:!?)\]])", r"\1", text))

    def _head(self, start: Start, prompt: str) -> list[int]:
        ids = self._backend.encode(prompt, add_special_tokens=False).ids
        ids = ids[: self.max_tokens // 2 - 2]
        return [self._ids[start], *ids, self._ids[SEP]] if ids else [self._ids[start]]

    def _padded(
        self, rows: list[list[int]], spans: tuple[tuple[Span, ...], ...], given: tuple[int, ...]
    ) -> Tokens:
        length = max(map(len, rows), default=0)
        ids = torch.full((len(rows), length), self._ids[PAD])
        mask = torch.zeros(len(rows), length, dtype=torch.bool)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = True
        return Tokens(ids, mask, spans, given)


def _untrained(vocabulary: dict[str, int] | None = None) -> Tokenizer:
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True)
    return backend


def _characters(texts: Iterable[str]) -> list[str]:
    """Return those of ASCII and the others that occur most often, in their own order."""
    normalise = normalizers.BertNormalizer(lowercase=True).normalize_str
    counts = Counter(c for text in texts for c in normalise(text) if not c.isspace())
    ascii_signs = {c for c in map(chr, range(33, 127)) if not c.isupper()}
    others = sorted(set(counts) - ascii_signs, key=lambda c: (-counts[c], c))
    return sorted(ascii_signs.union(others[:_MOST_OTHERS]))
