"""Pictures: opened, checked, turned the right way up, shrunk and written anew.

What is stored is never what was sent: a picture that is also a script, carries a location or
unpacks to gigabytes does not survive being encoded again.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")  # the JPEG reader takes the MPO of some phones too
MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 40_000_000
FULL, THUMB = 1600, 192  # longest side in pixels


@dataclass(frozen=True)
class Picture:
    """A picture in its two sizes, as WebP."""

    full: bytes
    thumb: bytes
    width: int
    height: int


def read_picture(stream: IO[bytes]) -> Picture:
    """The picture in ``stream``.

    :raises Invalid: when it is too large or no picture we take (JPEG, PNG, WebP, GIF).
    """
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Invalid(_l("A picture may have at most %(size)s MB."), size=MAX_BYTES // 1024 // 1024)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
            if opened.width * opened.height > MAX_PIXELS:
                raise Invalid(_l("This picture has too many pixels."))
            opened.draft("RGB", (FULL * 2, FULL * 2))
            image = ImageOps.exif_transpose(opened)
            image = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError,
            SyntaxError) as error:  # fmt: skip
        raise Invalid(_l("This file is no picture (JPEG, PNG, WebP or GIF).")) from error
    image.thumbnail((FULL, FULL))
    small = ImageOps.fit(image, (THUMB, THUMB))
    return Picture(_webp(image, 82), _webp(small, 75), image.width, image.height)


def _webp(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
