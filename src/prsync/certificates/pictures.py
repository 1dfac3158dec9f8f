"""The issuer's pictures: PNG, JPEG or SVG, made into one PNG of the size at which they are printed.

An SVG is painted once (resvg), when the brand is read. The ledger keeps the PNG, so that a file is restored without the
picture, and without what painted it.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

_MOST_BYTES: Final = 10 * 2**20
_MOST_PIXELS: Final = 40_000_000
# What a logo or a signature needs in print: 600 dots per inch of the largest place that the page has for one.
_PRINTED: Final = (1800, 500)


_OTHER_PICTURE: Final = re.compile(rb"""<(?:\w+:)?(?:image|feImage)\b[^>]*?href\s*=\s*["'](?!data:)""", re.IGNORECASE)


def read_picture(path: Path) -> bytes:
    """The picture as PNG, its transparency kept; ValueError says what is wrong with it."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("is larger than 10 MiB")
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from error
    if path.suffix.lower() == ".svg":
        data = _painted(data)
    return _as_printed(data)


def _painted(svg: bytes) -> bytes:
    import resvg_py

    # Nothing outside of the file: no typefaces of this machine, and no other pictures.
    if _OTHER_PICTURE.search(svg):
        raise ValueError("names another picture; embed it")
    try:
        return bytes(
            resvg_py.svg_to_bytes(svg_string=svg.decode("utf-8-sig"), height=_PRINTED[1], skip_system_fonts=True)
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"is no SVG that can be painted: {error}") from error


def _as_printed(data: bytes) -> bytes:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise ValueError("has more than 40 million pixels")
            return _as_png(picture)
    except UnidentifiedImageError as error:
        raise ValueError("is no PNG, JPEG or SVG") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # what Pillow raises for a damaged file
        raise ValueError(f"cannot be read as a picture: {error}") from error


def _as_png(picture: Image.Image) -> bytes:
    from PIL import Image, ImageOps

    turned = ImageOps.exif_transpose(picture)
    has_alpha = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
    plain = turned.convert("RGBA" if has_alpha else "RGB")
    if has_alpha and (drawn := plain.getchannel("A").getbbox()):
        # An empty margin is no part of a logo: it would stand off the middle, or away from the name.
        plain = plain.crop(drawn)
    plain.thumbnail(_PRINTED, Image.Resampling.LANCZOS)
    file = BytesIO()
    plain.save(file, "PNG", optimize=True)
    return file.getvalue()
