"""Areas as bars in the colours of the map."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

_ROW_PX, _GAP_PX = 20, 5


@dataclass(frozen=True)
class Bar:
    """One bar.

    Parameters
    ----------
    label : str
    share : float
        Of the whole, 0 to 1.
    text : str
        Shown behind the bar.
    colour : str
        ``#rrggbb``.
    """

    label: str
    share: float
    text: str
    colour: str


class BarChart(QWidget):
    """Horizontal bars, one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: list[Bar] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bars(self, bars: list[Bar]) -> None:
        """Draw these bars from now on."""
        self._bars = bars
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size that all bars need."""
        return QSize(240, len(self._bars) * (_ROW_PX + _GAP_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw; the longest bar fills what labels and texts leave."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        label_px = 10 + max((metrics.horizontalAdvance(b.label) for b in self._bars), default=0)
        text_px = 10 + max((metrics.horizontalAdvance(b.text) for b in self._bars), default=0)
        room = max(self.width() - label_px - text_px, 1)
        longest = max((bar.share for bar in self._bars), default=0.0) or 1.0
        for row, bar in enumerate(self._bars):
            top = row * (_ROW_PX + _GAP_PX)
            length = room * bar.share / longest
            self._text(painter, QRectF(0, top, label_px, _ROW_PX), bar.label)
            painter.setPen(QColor(bar.colour).darker(140))
            painter.setBrush(QColor(bar.colour))
            painter.drawRect(QRectF(label_px, top + 2, length, _ROW_PX - 4))
            place = QRectF(label_px + length + 6, top, text_px, _ROW_PX)
            self._text(painter, place, bar.text)

    def _text(self, painter: QPainter, place: QRectF, text: str) -> None:
        painter.setPen(self.palette().windowText().color())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
