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

    `pages` is None only in an answer that does not repeat them.
    """

    remote_id: str
    day: dt.date | None
    pages: int | None


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
    dated: bool = True,
) -> Mapping[DeliveryKey, Decision]:
    """Decide about all deposits of one account that wait for an answer or to be sent.

    `listed` is all that is there, `taken` the ids that deposits of the ledger have already. Where several of ours could
    be several of those there, each takes one. Where more are there than could be ours, or one of as many pages has a
    date that cannot be read, nobody can tell. Where the API is not told the day (not `dated`), pages alone must do.
    """
    free = {one.remote_id: one for one in listed if one.remote_id not in taken}
    candidates: dict[tuple[dt.date | None, int | None], list[str]] = {}
    for one in free.values():
        candidates.setdefault((one.day if dated else None, one.pages), []).append(one.remote_id)
    alike: dict[tuple[dt.date | None, int | None], list[Undelivered]] = {}
    for row in rows:
        alike.setdefault((row.date if dated else None, row.pages), []).append(row)
    decided: dict[DeliveryKey, Decision] = {}
    for (day, pages), ours in alike.items():
        has_unreadable = dated and (None, pages) in candidates
        decided |= _decide_alike(ours, sorted(candidates.get((day, pages), ())), now, has_unreadable=has_unreadable)
    return decided


def _decide_alike(
    ours: Sequence[Undelivered], there: Sequence[str], now: dt.datetime, *, has_unreadable: bool
) -> Mapping[DeliveryKey, Decision]:
    """Decide about deposits of the same day and pages."""
    if len(there) > len(ours):
        why = f"{quantity(len(there), 'deposit')} of the same day and pages there, and {len(ours)} of ours"
        return {row.key: Decision(Verdict.DOUBT, why=why) for row in ours}
    # The one that was sent is likelier to be there than the one that was not.
    ordered = sorted(ours, key=lambda row: (row.state is not DeliveryState.SENDING, row.key))
    found = {row.key: Decision(Verdict.FOUND, remote_id) for row, remote_id in zip(ordered, there, strict=False)}
    absent = Decision(Verdict.DOUBT, why="a deposit of as many pages there has a date that cannot be read")
    return found | {row.key: absent if has_unreadable else _decide_absent(row, now) for row in ordered[len(there) :]}


def _decide_absent(row: Undelivered, now: dt.datetime) -> Decision:
    is_sent = row.state is DeliveryState.SENDING
    if is_sent and row.sent_at is not None and now - row.sent_at < LIST_MAY_LAG:
        return Decision(Verdict.LATER)
    return Decision(Verdict.SEND if row.wanted else Verdict.LEAVE)


def doubt_of_answer(sent: Undelivered, answer: RemoteDeposit, *, dated: bool = True) -> str | None:
    """What is other in the answer to a deposit than was sent; None where nothing is.

    It is there then, but not as in the ledger, and could not be found again after a lost answer.
    """
    if answer.pages not in {None, sent.pages}:
        return f"it has {answer.pages:,} pages there"
    if dated and answer.day not in {None, sent.date}:
        return f"it is dated {answer.day} there"
    return None
