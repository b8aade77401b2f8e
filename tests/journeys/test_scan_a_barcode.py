"""A barcode in front of the camera lands in its field, read by WebAssembly in a worker whose own answer alone allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import find
from journeys.conftest import SWITCHES
from journeys.inspection import Look, Watch, open_context
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect, sync_playwright

CODE = "6901234567892"  # an EAN-13 with its check digit
LEFT = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"]
PARITY = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"]


def bars(code: str) -> str:
    """The modules of an EAN-13, ISO/IEC 15420."""

    def turned(bits: str) -> str:
        return "".join("10"[int(b)] for b in bits)

    digits = [int(d) for d in code]
    first = [LEFT[d] if side == "L" else turned(LEFT[d])[::-1] for d, side in zip(digits[1:7], PARITY[digits[0]], strict=True)]
    return "101" + "".join(first) + "01010" + "".join(turned(LEFT[d]) for d in digits[7:]) + "101"


@pytest.fixture(scope="module")
def label(tmp_path_factory: pytest.TempPathFactory) -> Image.Image:
    """What lies in front of the camera."""
    picture = Image.new("L", (640, 480), 255)
    draw = ImageDraw.Draw(picture)
    for place, bit in enumerate(bars(CODE)):
        if bit == "1":
            draw.rectangle((130 + place * 4, 140, 130 + place * 4 + 3, 330), fill=0)
    return picture


@pytest.fixture(scope="module")
def camera(label: Image.Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of it, as Chromium's false camera plays it."""
    path = tmp_path_factory.mktemp("camera") / "label.y4m"
    frame = b"FRAME\n" + label.tobytes() + b"\x80" * (640 * 480 // 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 5)
    return path


@pytest.fixture
def open_form(tea_shop, camera: Path) -> Iterator[Callable[..., Page]]:
    """The form that ships an order, in a browser with that camera, or with none that may be used."""
    with sync_playwright() as driver:
        films = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
        chromium = driver.chromium.launch(executable_path=find(), args=[*SWITCHES, *films])

        def do(*, allowed: bool) -> Page:
            context = open_context(chromium, Look(390, "en"), tea_shop.base, tea_shop.state(chromium, "owner"), permissions=["camera"] if allowed else [])
            page = context.new_page()
            page.add_init_script("delete window.BarcodeDetector")  # as on most phones of our merchants
            page.goto(f"/orders/{tea_shop.rows['order']}/ship")
            return page

        yield do
        chromium.close()


def test_a_code_before_the_camera_fills_the_field(open_form: Callable[..., Page]) -> None:
    page = open_form(allowed=True)
    watch = Watch(page)
    page.locator("[data-scan]").first.click()
    expect(page.locator("[name=tracking_number]")).to_have_value(CODE, timeout=20_000)
    assert watch.noted == []


def test_a_photograph_of_the_code_does_where_there_is_no_camera(open_form: Callable[..., Page], label: Image.Image, tmp_path: Path) -> None:
    page = open_form(allowed=False)
    label.save(tmp_path / "label.png")
    page.locator("[data-scan]").first.click()
    expect(page.get_by_text("There is no camera to use here")).to_be_visible()
    page.locator(".scanner input[type=file]").set_input_files(tmp_path / "label.png")
    expect(page.locator("[name=tracking_number]")).to_have_value(CODE, timeout=20_000)


def test_no_page_may_compile_webassembly(open_form: Callable[..., Page]) -> None:
    page = open_form(allowed=True)
    empty = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])"
    refusal = page.evaluate(f"WebAssembly.compile({empty}).then(() => 'compiled', (error) => error.name)")
    assert refusal == "CompileError"
