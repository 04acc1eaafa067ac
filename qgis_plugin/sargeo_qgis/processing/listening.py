"""What a run tells, as QGIS shows it."""

from __future__ import annotations

import time
from datetime import timedelta

from qgis.core import QgsProcessingFeedback

from ..core.sargeo import Facts
from ..translation import tr

# Where on the bar, in percent, a phase begins and how much it takes.
_SHARES = {
    "read": (0.0, 2.0),
    "map": (2.0, 90.0),
    "embed": (2.0, 90.0),
    "classify": (2.0, 90.0),
    "search": (2.0, 98.0),
    "finish": (92.0, 5.0),
    "webmap": (97.0, 3.0),
}

#: QGIS keeps every text in the log: seconds between two that tell how much time is left.
SAY_EVERY_S = 10.0


class FeedbackListener:
    """Passes the events of a run on to QGIS.

    Parameters
    ----------
    feedback : QgsProcessingFeedback
    """

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._phase = ""
        self._said_at = 0.0

    def __call__(self, event: str, facts: Facts) -> None:
        """Pass an event on; a text that is none goes to the log."""
        if event == "progress":
            self._progress(facts)
        elif event == "warning":
            self._feedback.pushWarning(facts["message"])
        elif event == "start":
            self._feedback.pushInfo(started(facts))
        else:
            self._feedback.pushConsoleInfo(str(facts.get("message", facts)))

    def _progress(self, facts: Facts) -> None:
        phase = facts["phase"]
        begin, share = _SHARES.get(phase, (0.0, 0.0))
        self._feedback.setProgress(begin + share * facts["done"] / max(facts["total"], 1))
        if phase != self._phase or time.monotonic() > self._said_at + SAY_EVERY_S:
            self._phase = phase
            self._say(_progress_text(phase, facts.get("eta_s")))

    def waiting(self, before: int) -> None:
        """Tell that other runs come first."""
        self._say(tr("Queued: {count} run(s) ahead", count=before))

    def _say(self, text: str) -> None:
        self._said_at = time.monotonic()
        self._feedback.setProgressText(text)


def _progress_text(phase: str, seconds_left: float | None) -> str:
    if not seconds_left:
        return phase_name(phase)
    left = timedelta(seconds=round(seconds_left))
    return tr("{phase}: {time} left", phase=phase_name(phase), time=left)


def started(facts: Facts) -> str:
    """Say in one line what a run has begun with."""
    if "rows" not in facts:  # of one scene or several, or of what was encoded before
        return tr(
            "{windows} steps with {model} on {device}.",
            windows=facts["windows"],
            model=facts["model"],
            device=device_name(facts["device"]),
        )
    return tr(
        "Mapping {rows} × {cols} pixels in {windows} windows with {model} on {device}.",
        rows=facts["rows"],
        cols=facts["cols"],
        windows=facts["windows"],
        model=facts["model"],
        device=device_name(facts["device"]),
    )


def device_name(device: str) -> str:
    """Say which device works; that no graphics card does is worth saying."""
    if device == "cpu":
        return tr("the processor (no graphics card in use)")
    return tr("graphics card {device}", device=device)


def phase_name(phase: str) -> str:
    """Return what a phase does."""
    names = {
        "read": tr("Reading the scene"),
        "map": tr("Mapping"),
        "embed": tr("Encoding"),
        "classify": tr("Classifying"),
        "search": tr("Searching"),
        "finish": tr("Writing the products"),
        "webmap": tr("Creating the web map"),
        "upload": tr("Uploading the scene"),
        "download": tr("Downloading the products"),
    }
    return names.get(phase, phase)
