"""PrintReleaf's resources, from its answers: accounts and deposits, and what an error says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from prsync.core.delivery import RemoteDeposit
from prsync.core.text import printable
from prsync.errors import PrintReleafAnswerError
from prsync.https.document import document_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST_ID: Final = 200
_MOST_DIGITS: Final = 19


@dataclass(frozen=True, slots=True)
class Account:
    """An account at PrintReleaf."""

    account_id: str
    name: str


def account_of(row: Mapping[str, Any], path: str) -> Account:
    """The account in a row of a list; PrintReleafAnswerError where it has no id."""
    account_id = _id_of(row, path)
    name = row.get("display_name") or row.get("name")
    return Account(account_id, name if isinstance(name, str) else account_id)


def deposit_of(row: Mapping[str, Any], path: str, our_time: time) -> RemoteDeposit:
    """The deposit that an object tells of, as far as it does; PrintReleafAnswerError where it has no id.

    `our_time` is the time of day, in UTC, of which PrintReleaf has prsync's own deposits.
    """
    account_id = row.get("account_id")
    instant = instant_of(row.get("date"))
    return RemoteDeposit(
        _id_of(row, path),
        instant.date() if instant else None,
        _count_of(row.get("pages")),
        account_id if isinstance(account_id, str) and account_id.strip() else None,
        is_dated_as_ours=instant is not None and instant.time() == our_time,
    )


def _id_of(row: Mapping[str, Any], path: str) -> str:
    found = row.get("id")
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not text or len(text) > _LONGEST_ID:
        raise PrintReleafAnswerError(path, "it has no id")
    return text


def _count_of(raw: object) -> int | None:
    """A whole number, also one written as a text or with a fraction of nothing; None for anything else."""
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) <= _MOST_DIGITS:
        return int(raw)
    if isinstance(raw, Decimal) and raw.is_finite() and raw == raw.to_integral_value():
        return int(raw)
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def instant_of(raw: object) -> datetime | None:
    """An instant in UTC, whatever its offset, without a zone of its own; None for what is no date."""
    if not isinstance(raw, str):
        return None
    # Ruby writes a zone as a word.
    text = raw.strip().upper().removesuffix(" UTC")
    try:
        instant = datetime.fromisoformat(text)
        return (instant.astimezone(UTC) if instant.tzinfo else instant).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def message_of(body: bytes, places: Sequence[str]) -> str | None:
    """What an error says of itself, on one line; None where it says nothing."""
    try:
        document = document_of(body)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    for place in places:
        found = document.get(place)
        if isinstance(found, list):
            found = ", ".join(str(one) for one in found)
        if isinstance(found, str) and found.strip():
            return printable(" ".join(found.split()))
    return None
