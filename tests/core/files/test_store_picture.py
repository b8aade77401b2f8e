"""Only pictures are stored, made anew, and nothing of what came with them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from zhanggui.files.pictures import MAX_BYTES, read_picture
from zhanggui.kernel.errors import Invalid, NotFound

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(kind="JPEG", size=(300, 200), **more):
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"<html><script>alert(1)</script>", SVG, b"<?php system('id');", b"GIF89a<script>alert(1)</script>", b"%PDF-1.4", picture()[:300],
     picture("BMP"), picture("TIFF"), b"x" * (MAX_BYTES + 1)],
    ids=["nothing", "html", "svg", "php", "false gif", "pdf", "cut off", "bmp", "tiff", "too large"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(Invalid):
        read_picture(io.BytesIO(data))


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused():
    out = io.BytesIO()
    Image.new("1", (12000, 12000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(Invalid):
        read_picture(io.BytesIO(out.getvalue()))


def test_where_it_was_taken_and_what_was_hidden_in_it_is_gone():
    exif = Image.Exif()
    exif[0x010F] = "Secret camera"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    found = read_picture(io.BytesIO(picture(exif=exif) + b"<?php system('id');"))
    for data in (found.full, found.thumb):
        stored = Image.open(io.BytesIO(data))
        assert stored.format == "WEBP"
        assert dict(stored.getexif()) == {}
        assert b"Secret camera" not in data and b"<?php" not in data
    assert (found.width, found.height) == (200, 300)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..%2f..%2fetc", "a" * 16, "a" * 15 + "\u00e4", "x"])
def test_an_id_that_is_none_leads_nowhere(instance, name):
    from zhanggui.files import find

    for size in ("thumb", "full", "../x"):
        with pytest.raises(NotFound):
            find(name, size)
