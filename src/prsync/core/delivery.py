"""Which deposits are in the customer's PrintReleaf account, which are sent, and which a person has to decide.

PrintReleaf has no idempotency key: who sends a deposit and gets no answer does not know whether it was made. So what is
there is looked at before anything is sent, and a deposit of the same day and pages that is nobody else's is ours.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from prsync.core.text import quantity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

LIST_MAY_LAG: Final = dt.timedelta(hours=1)
"""A deposit that was made may be missing from the list for so long."""

_IDS_NAMED: Final = 4

DeliveryKey: TypeAlias = tuple[int, dt.date]
"""The feed's id and the day: what names a deposit of the ledger."""


class DeliveryState(StrEnum):
    """How far a deposit of the ledger is on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    """It was sent, or was about to be, and there was no answer."""
    DELIVERED = "delivered"
    IN_DOUBT = "in_doubt"
    """A person decides whether it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A deposit of the ledger that is not known to be there. `sent_at` is when it was last sent.

    One that is not `wanted` is of a day before the feed is delivered: it is looked for and never sent by itself.
    """

    feed_id: int
    date: dt.date
    pages: int
    state: DeliveryState
    sent_at: dt.datetime | None = None
    wanted: bool = True

    @property
    def key(self) -> DeliveryKey:
        """Its name."""
        return self.feed_id, self.date


@dataclass(frozen=True, slots=True)
class RemoteDeposit:
    """A deposit as PrintReleaf tells of it. `day` is the UTC day of its date; None where that cannot be read.

    `pages` and `account_id` are None where it does not tell them; `is_dated_as_ours` is whether it is of the
    time of day of which prsync's own are.
    """

    remote_id: str
    day: dt.date | None
    pages: int | None
    account_id: str | None = None
    is_dated_as_ours: bool = False


class Verdict(StrEnum):
    """What becomes of a deposit that is not known to be there."""

    FOUND = "found"
    SEND = "send"
    LATER = "later"
    """It was sent so lately that it may be there and not be listed yet."""
    DOUBT = "doubt"
    LEAVE = "leave"
    """It is not there, and nobody wants it there."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one, with the id under which it was found, or why a person has to decide."""

    verdict: Verdict
    remote_id: str | None = None
    why: str | None = None


def decide(
    rows: Iterable[Undelivered],
    listed: Iterable[RemoteDeposit],
    *,
    taken: Collection[str],
    now: dt.datetime,
    account_id: str = "",
    dated: bool = True,
) -> Mapping[DeliveryKey, Decision]:
    """Decide about all deposits of one account that wait for an answer or to be sent.

    `listed` is all that is there, `taken` the ids that deposits of the ledger have already. Where several of ours could
    be several of those there, each takes one. Where more are there than could be ours, or one that may be ours is not
    as it should be, nobody can tell. Where the API is not told the day (not `dated`), pages alone must do, and only for
    what was sent.
    """
    free = {one.remote_id: one for one in listed if one.remote_id not in taken}
    here = [one for one in free.values() if is_of_account(one, account_id)]
    candidates: dict[tuple[dt.date | None, int | None], list[str]] = {}
    for one in here:
        candidates.setdefault((one.day if dated else None, one.pages), []).append(one.remote_id)
    alike: dict[tuple[dt.date | None, int | None], list[Undelivered]] = {}
    for row in rows:
        alike.setdefault((row.date if dated else None, row.pages), []).append(row)
    decided: dict[DeliveryKey, Decision] = {}
    for place, ours in alike.items():
        decided |= _decide_alike(ours, sorted(candidates.get(place, ())), dated=dated)
    found = {decision.remote_id for decision in decided.values()}
    others = [one for one in free.values() if one.remote_id not in found]
    for row in (row for ours in alike.values() for row in ours if row.key not in decided):
        decided[row.key] = _decide_absent(row, others, now, account_id=account_id, dated=dated)
    return decided


def is_of_account(deposit: RemoteDeposit, account_id: str) -> bool:
    """Whether a deposit is of that account, as far as it says so: a list may have those of accounts below it, too."""
    return deposit.account_id is None or deposit.account_id.casefold() == account_id.casefold()


def _decide_alike(ours: Sequence[Undelivered], there: Sequence[str], *, dated: bool) -> Mapping[DeliveryKey, Decision]:
    """Decide about deposits of the same day and pages, but for those that are not there."""
    if len(there) > len(ours):
        ids = ", ".join(there[:_IDS_NAMED]) + (", …" if len(there) > _IDS_NAMED else "")
        why = f"{quantity(len(there), 'deposit')} of the same day and pages there ({ids}), and {len(ours)} of ours"
        return {row.key: Decision(Verdict.DOUBT, why=why) for row in ours}
    # The one that was sent is likelier to be there than the one that was not, and that than one nobody wants there.
    ordered = sorted(ours, key=lambda row: (row.state is not DeliveryState.SENDING, not row.wanted, row.key))
    found = {row.key: Decision(Verdict.FOUND, remote_id) for row, remote_id in zip(ordered, there, strict=False)}
    if dated:
        return found
    unsent = {row.key for row in ordered if row.state is not DeliveryState.SENDING}
    return {key: _undated(one) if key in unsent else one for key, one in found.items()}


def _undated(found: Decision) -> Decision:
    why = f"{found.remote_id} there has as many pages, and PrintReleaf is not told the day"
    return Decision(Verdict.DOUBT, why=why)


def _decide_absent(
    row: Undelivered, others: Sequence[RemoteDeposit], now: dt.datetime, *, account_id: str, dated: bool
) -> Decision:
    """Decide about a deposit that is not there, by what `others` are there that nobody knows."""
    if dated and any(one.day is None and one.pages == row.pages for one in others):
        return Decision(Verdict.DOUBT, why="a deposit of as many pages there has a date that cannot be read")
    is_sent = row.state is DeliveryState.SENDING
    if is_sent and row.sent_at is not None and now - row.sent_at < LIST_MAY_LAG:
        return Decision(Verdict.LATER)
    if not row.wanted:
        return Decision(Verdict.LEAVE)
    why = next((why for one in others if dated and (why := _suspicion(one, row, account_id))), None)
    return Decision(Verdict.SEND) if why is None else Decision(Verdict.DOUBT, why=why)


def _suspicion(other: RemoteDeposit, row: Undelivered, account_id: str) -> str | None:
    """Why a deposit of that day may be this one, though it is not as it should be; None where it is not."""
    if other.day != row.date:
        return None
    if not is_of_account(other, account_id):
        is_alike = other.pages == row.pages
        return f"{other.remote_id} of the same day and pages there is another account's" if is_alike else None
    # Ours are usually dated noon in UTC, which another program's will hardly be.
    if other.is_dated_as_ours:
        pages = "no number of pages" if other.pages is None else f"{other.pages:,} pages"
        return f"{other.remote_id} of that day there has {pages}, and the ledger does not know it; was it restored?"
    return None


def doubt_of_answer(
    sent: Undelivered, answer: RemoteDeposit, *, account_id: str = "", dated: bool = True
) -> str | None:
    """What is other in the answer to a deposit than was sent; None where nothing is.

    It is there then, but not as in the ledger, and could not be found again after a lost answer.
    """
    if not is_of_account(answer, account_id):
        return f"it is there in account {answer.account_id}, and was sent to {account_id}"
    if answer.pages not in {None, sent.pages}:
        return f"it has {answer.pages:,} pages there"
    if dated and answer.day not in {None, sent.date}:
        return f"it is dated {answer.day} there"
    return None
