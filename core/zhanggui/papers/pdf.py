"""Papers to print, as PDF: Chinese and Latin in one embedded font, tables, barcodes and QR codes.

Lengths are millimetres. Reading the font takes a second and some 60 MB: papers are written by a task, not while a
page is waited for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import IO, TYPE_CHECKING

from ..i18n.texts import gettext as _
from ..kernel.errors import Invalid

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.enums import WrapMode

A4 = (210.0, 297.0)
LABEL = (76.0, 130.0)  # the paper of label printers that carriers in China hand out
_FONT = "noto"
_MARGIN = {A4: 15.0, LABEL: 4.0}
_SIZES = {"title": 16.0, "heading": 12.0, "text": 10.0, "small": 8.0}  # points
_LINE = 1.45  # of a line of text, to its size
_MM = 0.3528  # a point
_CHINESE = re.compile(r"[\u3041-\u9fff]")
_BAR = 0.33  # the narrowest bar: 0.25 is the least that a hand scanner reads


@dataclass(frozen=True)
class PaperColumn:
    """A column of a table: its head, how wide it is beside the others, and whether it holds figures."""

    head: str
    width: float = 1.0
    numeric: bool = False


class Paper:
    """One PDF of one or more pages, filled from top to bottom; what does not fit goes on overleaf.

    :param title: what the document is called by whatever shows it.
    :param size: ``A4`` or ``LABEL``, width and height.
    :param footer: stands at the foot of each page, before its number.
    """

    def __init__(self, *, title: str, size: tuple[float, float] = A4, footer: str = "") -> None:
        self._size, self._footer, self._title = size, footer, title
        self._margin = _MARGIN.get(size, 10.0)
        self._pdf = _document(self)

    def page(self) -> None:
        """Begin a new page; the first one begins by itself."""
        self._pdf.add_page()

    def heading(self, text: str, *, title: bool = False) -> None:
        """A line in bold."""
        self._begin("title" if title else "heading")
        with self._pdf.local_context(text_mode="FILL_STROKE", line_width=0.12):
            self._lines(text)
        self.space(1)

    def text(self, text: str, *, small: bool = False) -> None:
        """A paragraph; its line ends stay."""
        self._begin("small" if small else "text")
        self._lines(text)

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Labels, and what stands behind each; pairs without a value are left out."""
        self._begin("text")
        wide = min(30.0, self._width * 0.3)
        for label, value in pairs:
            if not value:
                continue
            self._pdf.set_text_color(90)
            self._pdf.multi_cell(wide, self._height, _printable(label), new_x="RIGHT", new_y="TOP", align="L", wrapmode=_wrap(label))
            self._pdf.set_text_color(0)
            self._pdf.multi_cell(0, self._height, _printable(value), new_x="LMARGIN", new_y="NEXT", align="L", wrapmode=_wrap(value))

    def table(self, columns: Sequence[PaperColumn], rows: Iterable[Sequence[str]], *, totals: Sequence[Sequence[str]] = ()) -> None:
        """Rows below heads that are repeated overleaf; ``totals`` stand below them."""
        from fpdf.enums import TableBordersLayout
        from fpdf.fonts import FontFace

        cells = [[_printable(cell) for cell in row] for row in ([c.head for c in columns], *rows, *totals)]
        self._begin("text")
        self._pdf.set_draw_color(190)
        with self._pdf.table(
            col_widths=tuple(c.width for c in columns), text_align=tuple("RIGHT" if c.numeric else "LEFT" for c in columns),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES, headings_style=FontFace(emphasis="", fill_color=240),
            line_height=self._height, padding=0.8, width=self._width,
            wrapmode=_wrap(*(cell for row in cells for cell in row)),
        ) as table:  # fmt: skip
            for row in cells:
                table.row(row)

    def barcode(self, text: str, *, height: float = 14.0) -> None:
        """Code 128 with its text below, for a number that is scanned.

        :raises Invalid: for signs that it has no bars for, or when it is wider than the paper.
        """
        from barcode import Code128
        from barcode.errors import BarcodeError

        try:
            bars: str = Code128(text).build()[0]
        except (BarcodeError, ValueError, IndexError) as error:  # the last is how it says that there is no text
            raise Invalid(_("%(text)s cannot be written as a barcode.", text=text)) from error
        bar = min(_BAR, self._width / len(bars))
        if bar < 0.19:
            raise Invalid(_("%(text)s is too long for a barcode on this paper.", text=text))
        self._begin("small", room=height + 6)
        left, top = self._pdf.l_margin, self._pdf.get_y()
        self._pdf.set_fill_color(0)
        for at, run in _runs(bars):
            self._pdf.rect(left + at * bar, top, run * bar, height, style="F")
        self._pdf.set_y(top + height)
        self._pdf.cell(len(bars) * bar, self._height, _printable(text), align="C", new_x="LMARGIN", new_y="NEXT")

    def qr(self, text: str, *, side: float = 24.0) -> None:
        """A QR code."""
        import segno

        matrix = segno.make(text, error="m", micro=False).matrix
        cell = side / len(matrix)
        self._begin("small", room=side)
        left, top = self._pdf.l_margin, self._pdf.get_y()
        self._pdf.set_fill_color(0)
        for y, line in enumerate(matrix):
            for at, run in _runs("".join("1" if dark else "0" for dark in line)):
                self._pdf.rect(left + at * cell, top + y * cell, run * cell, cell, style="F")
        self._pdf.set_y(top + side + 2)

    def space(self, height: float) -> None:
        """Leave room."""
        if self._pdf.page:
            self._pdf.ln(height)

    def line(self) -> None:
        """A thin line across."""
        self._begin("text")
        y = self._pdf.get_y() + 1
        self._pdf.line(self._margin, y, self._size[0] - self._margin, y)
        self._pdf.set_y(y + 1)

    def write(self, out: IO[bytes]) -> None:
        """End the paper and write it. One without a page says that there is nothing on it."""
        if not self._pdf.page:
            self.text(_("There is nothing to print."))
        out.write(bytes(self._pdf.output()))

    @property
    def _width(self) -> float:
        return self._size[0] - 2 * self._margin

    def _begin(self, style: str, room: float = 0.0) -> None:
        """Make sure of a page with ``room`` left on it, and of the size of its text."""
        if not self._pdf.page or self._pdf.will_page_break(room):
            self._pdf.add_page()
        self._pdf.set_font(_FONT, size=_SIZES[style])
        self._height = _SIZES[style] * _MM * _LINE

    def _lines(self, text: str) -> None:
        self._pdf.multi_cell(0, self._height, _printable(text), new_x="LMARGIN", new_y="NEXT", align="L", wrapmode=_wrap(text))

    def foot(self) -> None:
        """What stands below each page; called by the document."""
        pdf = self._pdf
        pdf.set_y(-self._margin - 2)
        pdf.set_font(_FONT, size=_SIZES["small"])
        pdf.set_text_color(110)
        pages = f"{pdf.page_no()} / {{nb}}"
        pdf.cell(self._width * 0.8, 4, _printable(self._footer), align="L")
        pdf.cell(0, 4, pages, align="R")
        pdf.set_text_color(0)


def _document(paper: Paper) -> FPDF:
    from fpdf import FPDF

    class Document(FPDF):
        def footer(self) -> None:
            paper.foot()

    size, margin = paper._size, paper._margin
    pdf = Document(unit="mm", format=size)
    pdf.set_title(paper._title)
    pdf.set_margins(margin, margin, margin)
    pdf.set_auto_page_break(True, margin + 4)
    pdf.add_font(_FONT, "", str(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"))
    return pdf


def _runs(bits: str) -> Iterable[tuple[int, int]]:
    """Where dark stretches begin, and how long each is: drawn in one piece, no printer leaves a gap in it."""
    at = 0
    for light_or_dark in bits.replace("01", "0 1").replace("10", "1 0").split():
        if light_or_dark[0] == "1":
            yield at, len(light_or_dark)
        at += len(light_or_dark)


def _printable(text: str) -> str:
    """A text without what no font draws."""
    return "".join(ch for ch in text if ch == "\n" or ch.isprintable())


def _wrap(*texts: str) -> WrapMode:
    """Chinese breaks between any two signs; where there is none, lines break between words."""
    from fpdf.enums import WrapMode

    return WrapMode.CHAR if any(_CHINESE.search(text) for text in texts) else WrapMode.WORD
