"""A clerk with a spreadsheet and a phone: goods come in by a file; a picture outlives the refusals of its form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from journeys.test_ship_an_order import until
from playwright.sync_api import Page, expect
from sqlalchemy import select

from zhanggui.db.uow import reading
from zhanggui.host import refresh
from zhanggui.jobs import runner
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import activated, open_runtime
from zhanggui.tasks.models import Task

pytestmark = pytest.mark.long
Open = Callable[..., Page]
GOODS = "货号,品名,规格,售价(元),产地\nXC-50,十一月新茶,50g,88,杭州\nXC-100,十一月新茶,100g,¥168.00,杭州\nXC-9,价格不对,,面议,苏州\n"


def test_goods_come_in_by_a_file_and_are_taken_back(open_page: Open, work_off) -> None:
    page = open_page("/imports/", locale="zh")
    page.select_option("#kind", "products")
    page.set_input_files("#file", {"name": "十一月新茶.csv", "mimeType": "text/csv", "buffer": GOODS.encode("gb18030")})
    page.get_by_role("button", name="读取文件").click()
    expect(page.get_by_role("heading", name="5 列对上了 4 列")).to_be_visible()
    expect(page.locator(".match").nth(3)).to_contain_text("88、¥168.00、面议")
    page.get_by_role("button", name="预览 3 行").click()
    expect(page.locator("[data-watch]")).to_be_visible()
    work_off()
    page.reload()
    expect(page.get_by_text("第 4 行 · 价格：“面议”不是金额（例如 19.90）。")).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("link", name="CSV").click()
    assert "面议" in Path(file.value.path()).read_text("utf-8-sig")
    page.get_by_role("button", name="导入 2 行").click()
    work_off()
    page.reload()
    page.get_by_role("button", name="撤销这一批").click()
    page.locator("dialog[open] .sheet-foot button").last.click()
    page.wait_for_load_state("networkidle")
    work_off()
    page.reload()
    expect(page.get_by_text("撤销了 2 行。").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_picture_outlives_two_refusals_is_moved_and_removed(open_page: Open, a_picture: Path) -> None:
    page = open_page("/products/add", locale="zh")
    page.fill("[name='variants-0-sku']", "PIC-1")
    page.fill("[name='variants-0-price']", "19.90")
    page.locator("[data-pictures] input[type=file][name]").set_input_files(a_picture)
    expect(page.locator(".pictures .picture")).to_have_count(1)
    for _again in range(2):
        page.locator("[data-save]").click()
        page.wait_for_selector(".error-summary")
        expect(page.locator(".pictures .picture")).to_have_count(1)
        expect(page.locator("[name$='-sku']")).to_have_count(1)  # no new blank line with each refusal
    until(page, "document.querySelector('.pictures img').naturalWidth > 50")
    page.locator("[data-pictures] input[type=file][name]").set_input_files(a_picture)
    expect(page.locator(".pictures .picture")).to_have_count(2)
    first = page.locator(".pictures img").first.get_attribute("src")
    page.locator(".pictures [data-move='1']").first.click()
    expect(page.locator(".pictures img").last).to_have_attribute("src", first or "")
    page.locator("[name='name__zh_CN']").fill("有图的茶")
    page.locator("[data-save]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("#part-pictures .picture")).to_have_count(2)
    page.goto(page.url + "/edit")
    page.locator(".pictures [data-remove]").first.click()
    expect(page.locator(".pictures .picture")).to_have_count(1)
    page.locator("[data-save]").click()
    expect(page.locator("#part-pictures .picture")).to_have_count(1)


def test_an_error_of_a_sheet_stays_in_the_sheet_and_names_its_line(open_page: Open) -> None:
    page = open_page("/products/?status=on_sale", locale="zh")
    page.locator(".dots").first.click()
    page.locator("dialog[open] [data-verb=change_price]").first.click()
    sheet = page.locator("dialog[open]")
    expect(sheet.locator("[name='prices-0-price']")).to_be_visible()
    lines = sheet.locator(".line").count()
    sheet.locator("[name='prices-0-price']").fill("0")
    sheet.locator("[data-save]").click()
    expect(sheet.locator(".error-summary")).to_contain_text("价格：正在销售，售价会变成 0")
    assert sheet.locator(".line").count() == lines
    assert page.url.endswith("/products/?status=on_sale")
    sheet.locator("[name='prices-0-price']").fill("21.5")
    sheet.locator("[data-save]").click()
    expect(page.locator(".alert-success")).to_be_visible()


@pytest.fixture
def work_off(tea_shop) -> Callable[[], None]:
    """Do the last task that waits, as the worker of the shop would."""

    def do() -> None:
        runtime = open_runtime(tea_shop.runtime)
        with activated(runtime), acting_as(SYSTEM):
            refresh(runtime)
            with reading() as db:
                job_id = db.scalar(select(Task.job_id).order_by(Task.id.desc()).limit(1))
            assert runner.run(job_id or 0) == "done"

    return do
