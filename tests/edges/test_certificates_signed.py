"""Whether anybody can check a certificate: by its signature, by its code, and on the issuer's page in a browser."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from tests.edges.drawn import KEY, NUMBER, draw, picture_of
from tests.support import needs

from prsync.certificates.brand import Brand
from prsync.certificates.genuine.issuer_key import parse_public_key, read_or_make_key, throw_away_key
from prsync.certificates.genuine.public_page import make_public_page
from prsync.certificates.genuine.signature import signature_of
from prsync.certificates.genuine.verify import verify_by_key
from prsync.errors import IssuerKeyError

if TYPE_CHECKING:
    from pathlib import Path

SCANNED = Brand(texts={"issuer": "Nordlys <Print> & Co"}, verify_url="https://nordlys.example/verify")


def verdict(data: bytes, folder: Path, key: object = KEY) -> str:
    (folder / "file.pdf").write_bytes(data)
    return verify_by_key(key.public, folder / "file.pdf").verdict  # type: ignore[attr-defined]


def is_genuine(data: bytes) -> bool:
    found = signature_of(data)
    return found is not None and KEY.public.has_signed(found.signed, found.signature)


def test_the_public_key_alone_tells_genuine_altered_other_and_unsigned_apart(tmp_path: Path) -> None:
    data = draw().pdf
    assert verdict(data, tmp_path) == "genuine"
    assert verify_by_key(KEY.public, tmp_path / "file.pdf").number == NUMBER
    assert verdict(data.replace(b"Acme", b"Akme"), tmp_path) == "altered"
    assert verdict(data + b"\n", tmp_path) == "altered"
    assert verdict(data, tmp_path, throw_away_key()) == "other_issuer"
    assert verdict(b"%PDF-1.4 no signature", tmp_path) == "unknown"
    assert verdict(data + data, tmp_path) == "unknown"


def test_neither_half_of_a_signature_can_be_exchanged_for_another_ones(tmp_path: Path) -> None:
    one, other = draw("One").pdf, draw("Two").pdf
    found, of_other = signature_of(one), signature_of(other)
    assert found is not None
    assert of_other is not None
    assert (
        verdict(one.replace(found.signature.hex().encode(), of_other.signature.hex().encode()), tmp_path) == "altered"
    )
    assert verdict(one.replace(found.signature.hex().encode(), b"0" * 128), tmp_path) == "altered"


@pytest.mark.hunt
def test_a_changed_byte_is_noticed_wherever_it_is() -> None:
    """Every seventh byte of the file, and every one of the metadata, where the signature is."""
    data = draw().pdf
    assert is_genuine(data)
    metadata = range(data.index(b"<x:xmpmeta"), data.index(b"</x:xmpmeta>"))
    for place in sorted({*range(0, len(data), 7), *metadata}):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        assert not is_genuine(bytes(changed)), place


def test_a_signature_in_capitals_is_another_file() -> None:
    data = draw().pdf
    found = signature_of(data)
    assert found is not None
    digits = found.signature.hex().encode()
    assert is_genuine(data)
    assert not is_genuine(data.replace(digits, digits.upper()))


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "issuer-key.pem"
    made = read_or_make_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert read_or_make_key(file).public == made.public == parse_public_key(made.public.pem.encode())
    assert "PRIVATE" not in repr(made) + made.public.pem


@pytest.mark.parametrize("content", [b"", b"no key", KEY.public.pem.encode()], ids=["empty", "text", "public"])
def test_a_key_that_is_none_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "issuer-key.pem"
    file.write_bytes(content)
    with pytest.raises(IssuerKeyError, match="is no private key in PEM"):
        read_or_make_key(file)
    assert file.read_bytes() == content


def code_on(name: str, folder: Path, *, dpi: int) -> str:
    """What a scanner reads from the page, as printed in that resolution."""
    page = picture_of(draw(name, brand=SCANNED), folder, dpi=dpi)
    command = ["zbarimg", "--quiet", "--raw", "--nodbus", str(page)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@needs("pdftoppm", "zbarimg")
@pytest.mark.parametrize(("name", "dpi"), [("Acme A/S", 150), ("Ø" * 100, 150), ("W" * 200, 300), ("Ж" * 200, 300)])
def test_the_code_on_the_page_is_read_and_leads_to_the_issuers_page(tmp_path: Path, name: str, dpi: int) -> None:
    assert code_on(name, tmp_path, dpi=dpi) == draw(name, brand=SCANNED).facts.link


def shown_in_browser(page: str, folder: Path, *, fragment: str = "", file: bytes | None = None) -> str:
    """The text of the page after a visitor came to it by a link, and perhaps dropped a file."""
    if file is not None:
        data = json.dumps(b64encode(file).decode())
        page += f"<script>checkFile(new File([bytesOf({data})], 'certificate.pdf'))</script>"
    target = folder / "index.html"
    target.write_text(page, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
    done = subprocess.run(
        ["chromium", *options, "--virtual-time-budget=5000", "--dump-dom", f"{target.as_uri()}#{fragment}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    shown = done.stdout.partition("<main>")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


def fragment_of(link: str | None) -> str:
    assert link is not None
    return link.partition("#")[2]


@pytest.mark.long
@needs("chromium")
def test_in_a_browser_the_issuers_page_shows_what_was_certified_and_checks_a_file(tmp_path: Path) -> None:
    drawn = draw("Ærø <b>Færger</b>", brand=SCANNED)
    page = make_public_page("Nordlys <Print> & Co", "#1f4d38", [throw_away_key().public, KEY.public])
    assert not re.search(r"""(src|href)=|url\(|https?://""", page)  # it asks nobody for anything

    shown = shown_in_browser(page, tmp_path, fragment=fragment_of(drawn.facts.link), file=drawn.pdf)
    assert "Issued by Nordlys &lt;Print&gt; &amp; Co Genuine: the issuer has certified this." in shown
    assert "Customer Ærø &lt;b&gt;Færger&lt;/b&gt; Month 2026-10" in shown
    assert f"Number {NUMBER}" in shown
    assert "Genuine, and whole: not a byte of the file was changed." in shown


@pytest.mark.long
@needs("chromium")
def test_in_a_browser_what_is_not_genuine_is_told(tmp_path: Path) -> None:
    drawn = draw(brand=SCANNED)
    page = make_public_page(None, "#1f4d38", [KEY.public])
    fragment = fragment_of(drawn.facts.link)
    other = "A" if fragment[-1] != "A" else "Q"
    changed = shown_in_browser(page, tmp_path, fragment=fragment[:-9] + other + fragment[-8:], file=drawn.pdf + b"\n")
    assert "This is not genuine: the issuer has not signed what the code says." in changed
    assert "This file was ALTERED after it was issued." in changed
    elsewhere = make_public_page(None, "#1f4d38", [throw_away_key().public])
    foreign = shown_in_browser(elsewhere, tmp_path, fragment=fragment, file=drawn.pdf)
    assert "This is not genuine" in foreign
    assert "This file was signed by another issuer." in foreign
    assert "or not the whole of it" in shown_in_browser(page, tmp_path, fragment=fragment[:50])
