"""Texts of all chips of a folder, by a language model; may be stopped and taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from sargeo.errors import InputError, OutputNotWritableError, UsageError
from sargeo.products.files import write_text
from sargeo.products.workspace import writing_to
from sargeo_training.data.shards import Shards, left_out, replace_texts
from sargeo_training.text.cache import AnswerCache
from sargeo_training.text.checking import Tally
from sargeo_training.text.cost import Bill, BudgetSpentError
from sargeo_training.text.endpoint import Endpoint, NoAnswerError
from sargeo_training.text.endpoint_settings import WriterSettings, read_writer_settings
from sargeo_training.text.model_writer import ModelWriter
from sargeo_training.text.text_log import TextLog, digest_of


class TextsReport(BaseModel):
    """What a run came to.

    Attributes
    ----------
    writer : str
        Name of the model.
    records : int
        In the folder.
    with_text, without_text : int
        Finished records that can be read, by this run or earlier ones; of those without text no
        sentence is left.
    broken : tuple of str
        Records whose chip is missing or damaged: skipped, and in no shard.
    unfinished : int
        Records that the next run will take up.
    budget_spent : bool
        Whether the run ended for that.
    tally : Tally
        Of all finished records.
    calls, retries, failed_calls, input_tokens, output_tokens : int
        Of this run.
    estimated_calls : int
        Calls whose tokens the endpoint did not tell.
    cost : float or None
        Of this run; None without prices.
    currency : str
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    writer: str
    records: int
    with_text: int
    without_text: int
    broken: tuple[str, ...]
    unfinished: int
    budget_spent: bool
    tally: Tally
    calls: int
    retries: int
    failed_calls: int
    input_tokens: int
    output_tokens: int
    estimated_calls: int
    cost: float | None
    currency: str

    def lines(self) -> list[str]:
        """Say it in lines for people."""
        tally = self.tally
        price = "no prices given" if self.cost is None else f"{self.cost:.4f} {self.currency}"
        guessed = f" ({self.estimated_calls} calls estimated)" if self.estimated_calls else ""
        levels = ", ".join(f"{level} {count}" for level, count in tally.not_written.items())
        return [
            f"{self.writer}: {self.with_text} of {self.records} records have texts; "
            f"{self.without_text} came out empty, {len(self.broken)} are broken, "
            f"{self.unfinished} are left{' (the budget is spent)' if self.budget_spent else ''}.",
            f"Kept {tally.clauses} sentences and {tally.questions} questions; dropped "
            f"{tally.contradicted} that the evidence contradicts, {tally.unfounded_absences} that "
            f"deny what nobody looked for, {tally.inconsistent} at calibration; "
            f"{tally.unproven} stood unproven.",
            f"Answers: {tally.cached_answers} from the cache, {tally.invalid_answers} invalid; "
            f"levels not written: {levels or 'none'}.",
            f"Calls: {self.calls}, retried {self.retries}, failed {self.failed_calls}; "
            f"{self.input_tokens} tokens in, {self.output_tokens} out{guessed}; {price}.",
            *([left_out(self.broken, self.records)] if self.broken else []),
        ]


def write_texts(shards: Path, settings: Path, out: Path) -> TextsReport:
    """Write texts by the model that a file of settings names; see `write_all`."""
    return write_all(shards, read_writer_settings(settings), out)


def write_all(folder: Path, settings: WriterSettings, out: Path) -> TextsReport:
    """Write texts of all chips of a folder, and a copy of it that holds them.

    Finished texts are kept in ``texts.jsonl`` as they come; the same call goes on from there.
    Chips without text keep what they had; those that are missing or damaged are skipped, counted
    and named in the report.

    Parameters
    ----------
    folder : Path
        Of chips (`sargeo_training.data.shards`).
    settings : WriterSettings
    out : Path
        Becomes a folder of chips too; also gets the log, the report ``texts.json`` and, unless the
        settings name another place, the cache. One run at a time works there.

    Raises
    ------
    EndpointError
        If the endpoint is down or refuses. What is finished is in the log, but in no shard.
    UsageError
        If ``out`` is ``folder``, or holds texts made otherwise.
    ReferenceDataError
        If ``folder`` holds no chips, or none that can be read.
    OutputNotWritableError, DiskFullError
        If another run works in ``out``, or it cannot be written.
    """
    if out.resolve() == folder.resolve():
        raise UsageError(
            f"{out} holds the chips to write about.", "Name another folder for those with texts."
        )
    shards = Shards(folder)
    with writing_to(out):
        out.mkdir(parents=True, exist_ok=True)
    with _only_run_in(out):
        run = _Run(shards, settings, out)
        try:
            asyncio.run(run.complete())
        finally:
            run.save_report()
        run.broken.update(replace_texts(folder, run.log.target_texts, out))
        return run.save_report()


class _Run:
    """One run over the records that have no text yet."""

    def __init__(self, shards: Shards, settings: WriterSettings, out: Path) -> None:
        self._shards = shards
        self._settings = settings
        self._path = out / "texts.json"
        self._bill = Bill(settings.prices)
        self._cache = AnswerCache(settings.cache or out / "answers")
        self.broken: set[str] = set()
        self.log = TextLog(out / "texts.jsonl", self._digests(), settings)

    async def complete(self) -> None:
        """Ask for the texts that are missing, until all are there or the budget is spent."""
        known = self.log.done | self.broken
        missing = (i for i, name in enumerate(self._shards.ids) if name not in known)
        async with Endpoint(self._settings, self._bill) as endpoint:
            writer = ModelWriter(self._settings, endpoint, self._cache)
            try:
                async with asyncio.TaskGroup() as workers:
                    for _ in range(self._settings.limits.concurrency):
                        workers.create_task(self._write(missing, writer))
            except ExceptionGroup as failures:
                # The first ended the run; others fell with it.
                raise failures.exceptions[0] from None

    async def _write(self, missing: Iterator[int], writer: ModelWriter) -> None:
        """Write one missing text after the other; several workers share the iterator."""
        for index in missing:
            name = self._shards.ids[index]
            try:
                chip = self._shards[index]
            except InputError:
                self.broken.add(name)
                continue
            try:
                self.log.add(name, await writer.write(chip))
            except NoAnswerError:
                continue  # left to the next run; the bill counts the failure
            except BudgetSpentError:
                return

    def save_report(self) -> TextsReport:
        """Write down what the run came to, and return it."""
        report = self._report()
        write_text(self._path, report.model_dump_json(indent=2) + "\n")
        return report

    def _report(self) -> TextsReport:
        bill, log = self._bill, self.log
        records, done = len(self._shards), log.done - self.broken
        with_text = len(log.target_texts.keys() - self.broken)
        return TextsReport(
            writer=f"model:{self._settings.endpoint.model}",
            records=records,
            with_text=with_text,
            without_text=len(done) - with_text,
            broken=tuple(name for name in self._shards.ids if name in self.broken),
            unfinished=records - len(done) - len(self.broken),
            budget_spent=bill.budget_spent,
            tally=log.tally,
            calls=bill.calls,
            retries=bill.retries,
            failed_calls=bill.failed_calls,
            input_tokens=bill.input_tokens,
            output_tokens=bill.output_tokens,
            estimated_calls=bill.estimated_calls,
            cost=bill.cost,
            currency=self._settings.prices.currency,
        )

    def _digests(self) -> dict[str, str]:
        """Return the digests of the records that can be read; the others count as broken."""
        digests = {}
        for index, name in enumerate(self._shards.ids):
            try:
                digests[name] = digest_of(self._shards.record(index))
            except InputError:
                self.broken.add(name)
        return digests


@contextmanager
def _only_run_in(out: Path) -> Iterator[None]:
    lock = FileLock(out / ".texts.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as busy:
        raise OutputNotWritableError(
            f"Another run is writing texts to {out}.",
            "Wait for it to end, or choose another output folder.",
        ) from busy
    try:
        yield
    finally:
        lock.release()
