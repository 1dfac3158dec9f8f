"""Whether a file is one of ours, unaltered, and the current revision."""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader, PdfWriter
from tests.edges.months import NOW, certify, collect, collected

from prsync.certificates.genuine.verify import Verification, verify_by_key, verify_file
from prsync.errors import InvalidValueError
from prsync.services.issuer import issuer_key, public_key
from prsync.services.issuer_check import issuer_findings
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    collected(tmp_path / "ledger.db", "Acme", date(2026, 9, 1), date(2026, 10, 20))
    return tmp_path / "ledger.db"


def verified(path: Path, file: Path) -> Verification:
    with Ledger(path) as ledger:
        return verify_file(ledger, file)


def issued(path: Path, *, allow_incomplete: bool = False) -> Path:
    file = certify(path, path.with_name("certificates"), allow_incomplete=allow_incomplete)["Acme"].file
    assert file is not None
    return file


def test_a_file_as_issued_is_genuine_under_any_name_and_in_any_place(path: Path, tmp_path: Path) -> None:
    collect(path, "Acme", date(2026, 10, 31))
    copy = tmp_path / "renamed.pdf"
    copy.write_bytes(issued(path).read_bytes())
    found = verified(path, copy)
    assert (found.verdict, found.ok, found.replaced_by) == ("genuine", True, None)
    assert found.certificate is not None
    assert (found.certificate.feed, found.certificate.month) == ("Acme", "2026-10")


def test_a_provisional_one_is_genuine_until_the_complete_one_replaces_it(path: Path) -> None:
    provisional = issued(path, allow_incomplete=True)
    first = verified(path, provisional)
    assert (first.verdict, first.document()["provisional"]) == ("genuine", True)
    collect(path, "Acme", date(2026, 10, 31))
    current = verified(path, issued(path))
    second = verified(path, provisional.parent / "replaced" / provisional.name)
    assert current.certificate is not None
    assert (second.verdict, second.ok, second.replaced_by) == ("replaced", False, current.certificate.number)
    assert current.verdict == "genuine"


def saved_again(data: bytes) -> bytes:
    """The file as another program writes it: everything that can be packed is, and ids are in UTF-16."""
    reader = PdfReader(BytesIO(data))
    assert reader.metadata is not None
    writer = PdfWriter(clone_from=reader)
    writer.add_metadata({"/Title": "株", "/Keywords": f"株 {reader.metadata.keywords}", "/Subject": ""})
    for page in writer.pages:
        page.compress_content_streams()
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def number_in(data: bytes) -> bytes:
    at = data.index(b"PR-2026")
    return data[at : at + len("PR-2026-10-0001-R1-K7QF")]


def in_utf_16(data: bytes) -> bytes:
    """A file whose number stands in nothing but a string of UTF-16."""
    return b"%PDF-1.7\n1 0 obj << /Title (\xfe\xff" + number_in(data).decode().encode("utf-16-be") + b") >>"


def packed(data: bytes) -> bytes:
    """A file whose number stands in nothing but a packed stream."""
    number = number_in(data)
    return b"%PDF-1.7\n1 0 obj << /Length 9 >>\nstream\r\n" + zlib.compress(b"<< " + number + b" >>") + b"\nendstream"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"Acme", b"Akme"),
        lambda data: data + b"\n",
        lambda data: data[: len(data) * 19 // 20],
        saved_again,
        in_utf_16,
        packed,
    ],
    ids=["another name", "one byte more", "cut off", "saved by another program", "in UTF-16", "packed"],
)
def test_a_file_that_carries_our_number_and_is_not_as_issued_is_altered(path: Path, change: object) -> None:
    collect(path, "Acme", date(2026, 10, 31))
    file = issued(path)
    assert callable(change)
    file.write_bytes(change(file.read_bytes()))
    found = verified(path, file)
    assert (found.verdict, found.ok) == ("altered", False)
    assert found.certificate is not None
    assert found.certificate.feed == "Acme"


def test_an_altered_revision_is_named_by_its_own_number_and_not_by_the_one_it_replaces(path: Path) -> None:
    issued(path, allow_incomplete=True)
    collect(path, "Acme", date(2026, 10, 31))
    second = issued(path)
    second.write_bytes(second.read_bytes() + b"\n")
    found = verified(path, second)
    assert found.certificate is not None
    assert (found.verdict, found.certificate.revision) == ("altered", 2)


def test_any_other_file_is_unknown_also_one_that_speaks_of_a_certificate(path: Path, tmp_path: Path) -> None:
    collect(path, "Acme", date(2026, 10, 31))
    notes = b"my notes on " + number_in(issued(path).read_bytes())
    for content in (b"", b"%PDF-1.4\n%%EOF\n", b"%PDF-1.4\nPR-2026-10-0001-R1-0000\n%%EOF\n", notes):
        (tmp_path / "other.pdf").write_bytes(content)
        assert verified(path, tmp_path / "other.pdf").verdict == "unknown"


def test_a_certificate_of_another_ledger_is_unknown_to_this_one(path: Path, tmp_path: Path) -> None:
    collected(tmp_path / "other" / "ledger.db", "Another", date(2026, 9, 1), date(2026, 10, 31))
    done = certify(tmp_path / "other" / "ledger.db", tmp_path / "other")["Another"]
    collect(path, "Acme", date(2026, 10, 31))
    issued(path)  # with the same feed id, month and revision
    assert done.file is not None
    assert verified(path, done.file).verdict == "unknown"


def test_a_file_that_cannot_be_read_is_no_answer(path: Path, tmp_path: Path) -> None:
    for file in (tmp_path / "nowhere.pdf", tmp_path):
        with pytest.raises(InvalidValueError, match="cannot be read"):
            verified(path, file)


def test_a_key_that_was_put_back_is_the_one_by_which_the_last_certificate_is_verified(path: Path) -> None:
    collect(path, "Acme", date(2026, 10, 31))
    key_file = path.with_name("issuer-key.pem")
    with Ledger(path) as ledger:
        first = issuer_key(ledger, NOW)
        kept = key_file.read_bytes()
        key_file.unlink()
        second = issuer_key(ledger, NOW + timedelta(days=1))
        assert public_key(ledger).fingerprint == second.public.fingerprint
    key_file.write_bytes(kept)
    file = issued(path)
    with Ledger(path) as ledger:
        assert public_key(ledger).fingerprint == first.public.fingerprint
        assert verify_by_key(public_key(ledger), file).verdict == "genuine"


def test_a_file_that_a_restored_ledger_does_not_know_is_said_to_be_signed_and_not_altered(
    path: Path, tmp_path: Path
) -> None:
    provisional = issued(path, allow_incomplete=True)
    backup = tmp_path / "backup.db"
    with Ledger(path) as ledger:
        ledger.copy_to(backup)
    collect(path, "Acme", date(2026, 10, 31))
    current = issued(path)
    found = verified(backup, current)
    assert (found.verdict, found.ok) == ("unknown", False)
    assert found.document()["number"] == verified(path, current).document()["number"]
    assert verified(backup, provisional.parent / "replaced" / provisional.name).verdict == "genuine"
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(current.read_bytes().replace(b"Acme", b"Ocme"))
    assert verified(backup, altered).verdict == "unknown"  # and not the one that it has replaced, altered


def test_a_new_key_where_there_was_another_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Ledger(path) as ledger:
        issuer_key(ledger, NOW)
        assert caplog.messages == []
        assert [(one.about, one.ok) for one in issuer_findings(ledger)] == [("issuer's key", True)]
        key_file = path.with_name("issuer-key.pem")
        kept = key_file.read_bytes()
        key_file.unlink()
        assert [one.ok for one in issuer_findings(ledger)] == [False]
        issuer_key(ledger, NOW)
        assert caplog.messages == [
            f"{key_file} is a new key: certificates of before are genuine by the old one; put that back if you have it"
        ]
        key_file.write_bytes(kept)
        issuer_key(ledger, NOW)
        assert len(caplog.messages) == 1
        key_file.write_text("none")
        path.with_name("brand.toml").write_text("isuer = 'x'")
        assert [(one.about, one.ok) for one in issuer_findings(ledger)] == [("brand", False), ("issuer's key", False)]
