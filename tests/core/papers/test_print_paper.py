"""A paper holds what was put on it: read back as text, and scanned from its picture as a hand scanner would."""

from __future__ import annotations

from io import BytesIO

import pypdfium2
import pytest
import zxingcpp

from zhanggui.kernel.errors import Invalid
from zhanggui.papers import A4, LABEL, Paper, PaperColumn

COLUMNS = [PaperColumn("商品", 4), PaperColumn("数量", 1, numeric=True)]


def printed(paper: Paper) -> pypdfium2.PdfDocument:
    out = BytesIO()
    paper.write(out)
    return pypdfium2.PdfDocument(out.getvalue())


def texts(document: pypdfium2.PdfDocument) -> list[str]:
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def test_what_is_put_on_it_can_be_read_and_scanned():
    paper = Paper(title="Packing slip", footer="掌柜茶庄")
    paper.heading("发货单 2026-1", title=True)
    paper.barcode("202611260001")
    paper.pairs([("收件人", "陆羽 13800138000"), ("备注", ""), ("地址", "浙江省杭州市西湖区龙井路一号" * 6)])
    paper.table(COLUMNS, [("龙井茶 café €", "2")], totals=[("合计", "2")])
    paper.qr("https://example.com/orders/1?a=b")
    document = printed(paper)
    (text,) = texts(document)
    assert document.get_metadata_value("Title") == "Packing slip"
    for piece in ("发货单 2026-1", "陆羽 13800138000", "龙井茶 café €", "合计", "掌柜茶庄", "1 / 1"):
        assert piece in " ".join(text.split())
    assert "备注" not in text  # nothing stands behind it
    assert text.replace("\n", "").count("龙井路一号") == 6
    found = zxingcpp.read_barcodes(document[0].render(scale=200 / 72).to_pil())
    assert {(code.format.name, code.text) for code in found} == {("Code128", "202611260001"), ("QRCode", "https://example.com/orders/1?a=b")}


def test_a_long_table_goes_on_overleaf_below_its_heads():
    paper = Paper(title="List")
    paper.table(COLUMNS, [(f"第{n}行", str(n)) for n in range(100)], totals=[("合计", "4950")])
    pages = texts(printed(paper))
    assert len(pages) > 2 and all("商品" in page for page in pages)
    assert [f"{n} / {len(pages)}" in " ".join(page.split()) for n, page in enumerate(pages, 1)] == [True] * len(pages)
    assert sum(page.count("行") for page in pages) == 100 and "4950" in pages[-1]


def test_nothing_stands_beyond_its_edge():
    for size in (A4, LABEL):
        paper = Paper(title="Label", size=size)
        paper.heading("很长的名字" * 30)
        paper.text("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch " * 5)
        paper.pairs([("很长的标签名字", "无空格的长地址" * 30)])
        paper.barcode("SF1234567890123")
        for page in printed(paper):
            assert (round(page.get_width() / 72 * 25.4), round(page.get_height() / 72 * 25.4)) == size
            text = page.get_textpage()
            boxes = [text.get_charbox(n) for n in range(text.count_chars())]
            assert all(left >= 0 and right <= page.get_width() and bottom >= 0 and top <= page.get_height() for left, bottom, right, top in boxes)


@pytest.mark.parametrize(("text", "why"), [("龙井", "cannot be written"), ("A" * 60, "too long"), ("", "cannot be written")])
def test_what_is_no_barcode_is_refused_in_words(text, why):
    with pytest.raises(Invalid, match=why):
        Paper(title="Label", size=LABEL).barcode(text)


def test_an_empty_paper_says_so_and_signs_that_no_font_has_do_no_harm():
    assert "nothing to print" in texts(printed(Paper(title="Empty")))[0]
    paper = Paper(title="Signs")
    paper.text("a\x00b\u202ec 😀 d\te")
    assert "abc" in texts(printed(paper))[0]
