"""A ledger and an account at PrintReleaf as far as delivery is about them, and a run between the two.

The account makes what is posted, answers or not, and lists a deposit only some time after it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final

from prsync.core.delivery import DeliveryState, RemoteDeposit, Undelivered, Verdict, decide, doubt_of_answer

BEGIN: Final = datetime(2026, 11, 24, 2, tzinfo=UTC)


class Post(Enum):
    """What becomes of a request to make a deposit."""

    ANSWERED = "answered"
    MADE = "made, and the answer is lost"
    LOST = "lost before it was made"
    REFUSED = "refused"


@dataclass
class Account:
    """What is there: by id the deposit, when it is listed, and of which row of the ledger it was made."""

    lag: timedelta = timedelta()
    made: dict[str, tuple[RemoteDeposit, datetime, tuple[int, date] | None]] = field(default_factory=dict)

    def make(self, day: date | None, pages: int, now: datetime, row: tuple[int, date] | None = None) -> RemoteDeposit:
        deposit = RemoteDeposit(f"id-{len(self.made):03}", day, pages)
        self.made[deposit.remote_id] = deposit, now + self.lag, row
        return deposit

    def listed(self, now: datetime) -> list[RemoteDeposit]:
        return [deposit for deposit, listed_at, _ in self.made.values() if listed_at <= now]

    def of(self, row: tuple[int, date]) -> list[RemoteDeposit]:
        return [deposit for deposit, _, of in self.made.values() if of == row]


@dataclass
class World:
    """Rows of the ledger by their key; `delivered` has the ids of those that are known to be there."""

    account: Account
    rows: dict[tuple[int, date], Undelivered] = field(default_factory=dict)
    delivered: dict[tuple[int, date], str] = field(default_factory=dict)
    doubts: set[tuple[int, date]] = field(default_factory=set)
    now: datetime = BEGIN

    def add(self, feed_id: int, day: date, pages: int) -> None:
        row = Undelivered(feed_id=feed_id, date=day, pages=pages, state=DeliveryState.WAITING)
        self.rows[row.key] = row

    def run(self, posts: list[Post]) -> None:
        """A run as services/deliver.py does it; each request takes the next of `posts`, and then all are answered."""
        left = iter(posts)
        rows = [row for key, row in self.rows.items() if key not in self.delivered and key not in self.doubts]
        if not rows:
            return
        taken = set(self.delivered.values())
        decisions = decide(rows, self.account.listed(self.now), taken=taken, now=self.now)
        stopped: set[int] = set()
        for row in sorted(rows, key=lambda row: row.key):
            decision = decisions[row.key]
            if row.feed_id in stopped:
                continue
            if decision.verdict is Verdict.FOUND:
                assert decision.remote_id is not None
                self.delivered[row.key] = decision.remote_id
            elif decision.verdict is Verdict.DOUBT:
                self.doubts.add(row.key)
            elif decision.verdict is Verdict.SEND:
                if not self._post(row, next(left, Post.ANSWERED)):
                    stopped.add(row.feed_id)
            else:
                stopped.add(row.feed_id)

    def _post(self, row: Undelivered, post: Post) -> bool:
        self.now += timedelta(seconds=1)
        self.rows[row.key] = replace(row, state=DeliveryState.SENDING, sent_at=self.now)
        if post is Post.REFUSED:
            self.rows[row.key] = row
            return False
        if post is Post.LOST:
            return False
        made = self.account.make(row.date, row.pages, self.now, row.key)
        if post is Post.MADE:
            return False
        assert doubt_of_answer(row, made) is None
        self.delivered[row.key] = made.remote_id
        return True

    def restored_from(self, backup: World) -> None:
        """The ledger as it was in a backup; it takes longer to bring one back than a deposit takes to be listed."""
        self.rows, self.delivered, self.doubts = dict(backup.rows), dict(backup.delivered), set(backup.doubts)
        self.now += self.account.lag

    def backup(self) -> World:
        return World(self.account, dict(self.rows), dict(self.delivered), set(self.doubts), self.now)
