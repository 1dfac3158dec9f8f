"""A certificate's number and the name of its file: unique, and safe wherever they end up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.edges.months import NOW, OCTOBER, certify, collected

from prsync.certificates.numbers import NUMBER, file_name, number_of
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

_NUMBER = "PR-2026-10-0007-R1-K7QF"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    collected(tmp_path / "ledger.db", "Acme", date(2026, 10, 1), date(2026, 10, 31))
    return tmp_path / "ledger.db"


def test_a_number_says_month_feed_and_revision_and_differs_in_another_ledger_or_a_restored_one(path: Path) -> None:
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
    number = number_of(feed, OCTOBER, revision=2, issued_at=NOW)
    assert number.startswith("PR-2026-10-0001-R2-")
    assert NUMBER.fullmatch(number)
    assert NUMBER.fullmatch(number_of(replace(feed, id=123_456), OCTOBER, revision=17, issued_at=NOW))
    assert number == number_of(feed, OCTOBER, revision=2, issued_at=NOW)
    assert number != number_of(replace(feed, organization_id="another"), OCTOBER, revision=2, issued_at=NOW)
    assert number != number_of(feed, OCTOBER, revision=2, issued_at=NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme A/S", "Acme-A-S"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf $(reboot) `x` | ; \" ' * ? <>", "rf-reboot-x"),
        ("Müller & Söhne", "Müller-Söhne"),
        ("株式会社 東京", "株式会社-東京"),
        ("CON.", "CON"),
    ],
)
def test_a_file_name_has_nothing_that_a_shell_or_a_file_system_minds(name: str, expected: str) -> None:
    assert file_name("2026-10", name, _NUMBER) == f"2026-10_{expected}_{_NUMBER}.pdf"


def test_a_file_name_is_short_enough_for_any_file_system_and_never_without_its_number() -> None:
    assert len(file_name("2026-10", "株" * 200, _NUMBER).encode()) < 130
    assert file_name("2026-10", "///", _NUMBER) == f"2026-10_{_NUMBER}.pdf"


def test_feeds_whose_names_become_the_same_have_files_of_their_own(tmp_path: Path) -> None:
    path, folder = tmp_path / "ledger.db", tmp_path / "certificates"
    for name in ("Acme A/S", "Acme A-S", "acme a s"):
        collected(path, name, date(2026, 10, 1), date(2026, 10, 31))
    certify(path, folder)
    assert len({file.name.casefold() for file in folder.iterdir()}) == 3
