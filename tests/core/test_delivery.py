"""Which deposits are taken for ours, which are sent, and which a person decides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.core.delivery_world import BEGIN

from prsync.core.delivery import (
    DeliveryState,
    RemoteDeposit,
    Undelivered,
    decide,
    doubt_of_answer,
)

DAY = date(2026, 11, 23)
ANOTHER = date(2026, 11, 22)


def row(
    feed_id: int = 1, day: date = DAY, pages: int = 120, *, sent: int | None = None, wanted: bool = True
) -> Undelivered:
    """A deposit of the ledger, sent so many minutes ago or not yet."""
    state = DeliveryState.WAITING if sent is None else DeliveryState.SENDING
    sent_at = None if sent is None else BEGIN - timedelta(minutes=sent)
    return Undelivered(feed_id=feed_id, date=day, pages=pages, state=state, sent_at=sent_at, wanted=wanted)


def there(remote_id: str, day: date | None = DAY, pages: int = 120) -> RemoteDeposit:
    return RemoteDeposit(remote_id, day, pages)


def verdicts(rows: list[Undelivered], listed: list[RemoteDeposit], *taken: str, dated: bool = True) -> list[str]:
    decided = decide(rows, listed, taken=taken, now=BEGIN, dated=dated)
    return [decided[one.key].remote_id or str(decided[one.key].verdict) for one in rows]


@pytest.mark.parametrize(
    ("ours", "listed", "verdict"),
    [
        (row(), [], "send"),
        (row(), [there("a")], "a"),
        (row(sent=5), [there("a")], "a"),
        (row(), [there("a", ANOTHER)], "send"),
        (row(), [there("a", pages=121)], "send"),
        (row(sent=59), [], "later"),
        (row(sent=60), [], "send"),
        (row(sent=-5), [], "later"),  # the clock was ahead
        (row(), [there("a"), there("b")], "doubt"),
        (row(), [there("a"), there("a")], "a"),  # a list whose pages overlap
        (row(sent=5), [there("a", None)], "doubt"),
        (row(), [there("a", None, pages=121)], "send"),
        (row(), [there("a", None), there("b")], "b"),
        (row(wanted=False), [], "leave"),
        (row(wanted=False), [there("a")], "a"),
        (row(sent=5, wanted=False), [], "later"),
        (row(sent=60, wanted=False), [], "leave"),
    ],
)
def test_what_becomes_of_a_deposit(ours: Undelivered, listed: list[RemoteDeposit], verdict: str) -> None:
    assert verdicts([ours], listed) == [verdict]


def test_what_another_row_has_is_not_taken_for_ours() -> None:
    assert verdicts([row()], [there("a")], "a") == ["send"]
    assert verdicts([row()], [there("a"), there("b")], "a") == ["b"]


def test_of_several_that_look_alike_each_takes_one_and_the_one_that_was_sent_the_first() -> None:
    rows = [row(1), row(2, sent=5), row(3)]
    assert verdicts(rows, [there("b"), there("a")]) == ["b", "a", "send"]
    assert verdicts(rows, [there("a"), there("b"), there("c")]) == ["b", "a", "c"]
    assert verdicts(rows, [there(name) for name in "abcd"]) == ["doubt"] * 3


def test_why_a_person_has_to_decide_is_said() -> None:
    found = decide([row()], [there("a"), there("b")], taken=(), now=BEGIN)
    assert found[1, DAY].why == "2 deposits of the same day and pages there (a, b), and 1 of ours"
    found = decide([row()], [there("a", None)], taken=(), now=BEGIN)
    assert found[1, DAY].why == "a deposit of as many pages there has a date that cannot be read"


def test_where_no_day_is_told_pages_alone_must_do() -> None:
    assert verdicts([row(sent=5)], [there("a", ANOTHER)], dated=False) == ["a"]
    # What was not sent yet may be somebody else's.
    assert verdicts([row()], [there("a", ANOTHER)], dated=False) == ["doubt"]
    assert verdicts([row(), row(day=ANOTHER)], [there("a", None)], dated=False) == ["send", "doubt"]
    assert verdicts([row(), row(day=ANOTHER, sent=5)], [there("a", None)], dated=False) == ["send", "a"]
    assert verdicts([row(), row(day=ANOTHER)], [there("a"), there("b"), there("c")], dated=False) == ["doubt"] * 2


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        (there("a"), None),
        (there("a", None), None),
        (RemoteDeposit("a", DAY, None), None),
        (there("a", ANOTHER), "it is dated 2026-11-22 there"),
        (there("a", pages=1210), "it has 1,210 pages there"),
    ],
)
def test_an_answer_that_tells_of_something_else_than_was_sent(answer: RemoteDeposit, doubt: str | None) -> None:
    assert doubt_of_answer(row(), answer) == doubt


def test_where_no_day_is_told_no_day_is_expected() -> None:
    assert doubt_of_answer(row(), there("a", ANOTHER), dated=False) is None


def test_the_deposit_there_that_may_be_a_day_of_ours_is_named() -> None:
    rows = [row(), row(day=ANOTHER)]
    found = decide(rows, [there("a"), there("b")], taken=(), now=BEGIN, dated=False)
    assert {key: decision.why and decision.why.split()[0] for key, decision in found.items()} == {
        rows[0].key: "b",
        rows[1].key: "a",
    }
