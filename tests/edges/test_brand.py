"""The issuer's brand: what it may say, and what is refused before anything is issued."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image

from prsync.certificates.brand import Brand, read_brand
from prsync.certificates.composition import check_brand
from prsync.certificates.languages import LANGUAGES
from prsync.errors import BrandError

if TYPE_CHECKING:
    from pathlib import Path

_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><rect width="10" height="10" fill="#1f4d38"/></svg>'
)


def brand(folder: Path, text: str) -> Brand:
    file = folder / "brand.toml"
    file.write_text(text, encoding="utf-8")
    found = read_brand(file)
    check_brand(file, found)
    return found


def picture(data: bytes | None) -> Image.Image:
    assert data is not None
    return Image.open(BytesIO(data))


def test_every_key_may_be_left_out(tmp_path: Path) -> None:
    assert brand(tmp_path, "") == Brand(texts={})


def test_every_key_may_be_given(tmp_path: Path) -> None:
    texts = {key: f"of {key}" for key in ("issuer", "address", "footer", "signatory", "office", "project", "statement")}
    lines = [f'{key} = "{text}"' for key, text in texts.items()]
    lines += [
        'accent = "#7A1020"',
        'paper = "letter"',
        'language = "nb"',
        "totals = true",
        'verify_url = "https://x.example/"',
    ]
    found = brand(tmp_path, "\n".join(lines))
    assert found == Brand(
        texts=texts, accent="#7a1020", paper="letter", language="nb", totals=True, verify_url="https://x.example/"
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('isuer = "x"', "isuer is no key of a brand; those are issuer, address,"),
        ("issuer = 7", "issuer 7: must be a text"),
        ('issuer = ""', "issuer '': must not be empty"),
        (f'issuer = "{"x" * 161}"', "must not be longer than 160 characters"),
        ('accent = "green"', "accent 'green': must be a colour as #1f4d38"),
        ('accent = "#80a080"', "accent '#80a080': has a contrast of 2.9:1 on white, and 4.5:1 is the least"),
        ('paper = "a3"', "paper 'a3': must be 'a4' or 'letter'"),
        ('language = "tlh"', f"language 'tlh': is none of {', '.join(LANGUAGES)}"),
        ('verify_url = "http://x.example/"', "is no https address, or has a # in it"),
        ('verify_url = "https://x.example/#a"', "is no https address, or has a # in it"),
        ('totals = "yes"', "totals 'yes': must be true or false"),
        ('paper = "A3"\nlanguage = "dk"', "paper 'A3': must be 'a4' or 'letter'; language 'dk': is none of en, "),
        ('logo = "missing.png"', "logo missing.png cannot be read: No such file or directory"),
        ('logo = "text.png"', "logo text.png is no PNG, JPEG or SVG"),
        ('signature = "broken.png"', "signature broken.png cannot be read as a picture"),
        ('logo = "broken.svg"', "logo broken.svg is no SVG that can be painted"),
        ('logo = "other.svg"', "logo other.svg names another picture; embed it"),
        ('footer = "A\\u0378"', "footer cannot be set: the name A\u0378 has characters that are no letters (U+0378)"),
        ("issuer =", "is no TOML: "),
    ],
)
def test_what_cannot_be_is_refused_with_the_file_the_key_and_what_is_wrong(
    tmp_path: Path, line: str, problem: str
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    good = BytesIO()
    Image.effect_noise((64, 64), 80).save(good, "PNG")
    (tmp_path / "broken.png").write_bytes(good.getvalue()[:600])
    (tmp_path / "broken.svg").write_text("<svg")
    link = f'<image width="10" height="10" xlink:href="{tmp_path}/broken.png"/>'
    (tmp_path / "other.svg").write_text(f'<svg xmlns:xlink="http://www.w3.org/1999/xlink">{link}</svg>')
    with pytest.raises(BrandError) as refused:
        brand(tmp_path, line)
    assert str(refused.value).startswith(f"the brand {tmp_path / 'brand.toml'}")
    assert problem in str(refused.value)


def test_a_transparent_picture_stays_so_and_a_large_one_becomes_as_large_as_it_is_printed(tmp_path: Path) -> None:
    Image.new("RGBA", (4000, 1000), (10, 80, 40, 100)).save(tmp_path / "logo.png")
    Image.new("RGB", (60, 30), (200, 0, 0)).save(tmp_path / "sign.jpg")
    found = brand(tmp_path, 'logo = "logo.png"\nsignature = "sign.jpg"')
    logo = picture(found.logo)
    assert (logo.mode, logo.size) == ("RGBA", (1800, 450))
    assert logo.getpixel((5, 5)) == pytest.approx((10, 80, 40, 100), abs=1)  # made smaller, a colour is rounded
    assert (picture(found.signature).mode, picture(found.signature).size) == ("RGB", (60, 30))


def test_an_svg_is_painted_and_what_it_leaves_free_is_transparent(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(_SVG)
    logo = picture(brand(tmp_path, 'logo = "logo.svg"').logo)
    # An empty margin is cut off: half of this one is.
    assert (logo.mode, logo.size) == ("RGBA", (500, 500))
    assert logo.getpixel((250, 250)) == (31, 77, 56, 255)
    (tmp_path / "logo.svg").write_text(_SVG.replace("<rect", '<circle cx="19" cy="1" r="1" fill="red"/><rect'))
    logo = picture(brand(tmp_path, 'logo = "logo.svg"').logo)
    assert logo.size == (1000, 500)
    assert logo.getpixel((900, 250)) == (0, 0, 0, 0)
