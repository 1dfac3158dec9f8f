"""Deposits come into the customers' accounts at PrintReleaf: all of them, once, in order, as in the ledger."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.services.delivering import ACME, OTHER, Deliveries, is_list, is_post
from tests.services.running import FIRST, NOW, Services, day
from tests.support import ScriptedFleet

from prsync.core.model import ONE_DAY
from prsync.demo.traffic import Answer
from prsync.errors import InvalidValueError, LockedError, NotConnectedError
from prsync.printreleaf.deposit_client import DepositClient
from prsync.services.locks import delivery_lock
from prsync.store.ledger import Access, Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.core.delivery import RemoteDeposit
    from prsync.services.deliver_report import DeliverReport


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme prints 10 pages a day and Berg 20; Carl's printer stands still on the second day."""
    scripted = ScriptedFleet("Acme A/S", "Berg ApS", "Carl KG")
    scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10))
    scripted.reads_daily("B", FIRST - ONE_DAY, range(1000, 1600, 20), organization="Berg ApS")
    scripted.reads_daily("C", FIRST - ONE_DAY, [500, 530, 530, 560], organization="Carl KG")
    return scripted


def outcomes(report: DeliverReport) -> dict[str, str]:
    return {feed.feed: str(feed.outcome) for feed in report.feeds}


def test_each_day_with_pages_becomes_one_deposit_dated_noon_utc(deliveries: Deliveries) -> None:
    report = deliveries.run()
    assert [(one["date"], one["pages"], one["account_id"]) for one in deliveries.there.api.deposits] == [
        (f"2026-11-0{number}T12:00:00Z", 10, ACME) for number in (2, 3, 4)
    ]
    assert report.document() == {
        "ok": True,
        "sent": 3,
        "pages": 30,
        "feeds": [
            {
                "feed": "Acme A/S",
                "account_id": ACME,
                "outcome": "delivered",
                "sent": 3,
                "pages": 30,
                "from": "2026-11-02",
                "through": "2026-11-04",
                "error": None,
            }
        ],
    }
    assert [request.method for request in deliveries.there.requests] == ["GET", "POST", "POST", "POST"]
    deliveries.expect_all()


def test_where_nothing_is_due_nobody_is_asked(deliveries: Deliveries, services: Services) -> None:
    deliveries.run()
    deliveries.there.forget_requests()
    assert outcomes(deliveries.run()) == {"Acme A/S": "up_to_date"}
    assert not deliveries.there.requests
    services.sync(through=day(3))
    assert deliveries.run().sent == 1
    deliveries.expect_all()


def test_a_day_without_pages_is_not_sent(deliveries: Deliveries, services: Services) -> None:
    services.add_feed("Carl KG", account_id=OTHER, deliver_from=str(FIRST))
    services.sync(through=day(2))
    deliveries.run()
    assert [(one["date"][:10], one["pages"]) for one in deliveries.there.api.of(OTHER)] == [
        ("2026-11-02", 30),
        ("2026-11-04", 30),
    ]


def test_days_before_the_first_to_deliver_are_not_sent_by_themselves(
    deliveries: Deliveries, services: Services
) -> None:
    services.update_feed("Acme A/S", deliver_from=str(day(1)))
    assert deliveries.run().sent == 2
    assert not deliveries.run().sent
    services.update_feed("Acme A/S", deliver_from=str(FIRST))
    assert deliveries.run().sent == 1
    deliveries.expect_all()


def test_a_feed_that_gets_an_account_is_delivered_from_that_day_on(deliveries: Deliveries, services: Services) -> None:
    feed = services.add_feed("Berg ApS")
    assert (feed.account_id, feed.deliver_from) == (None, None)
    changed = services.update_feed("Berg ApS", account_id=OTHER)
    assert (changed.account_id, changed.deliver_from) == (OTHER, NOW.date())
    services.sync(through=day(2))
    deliveries.run()
    assert not deliveries.there.api.of(OTHER)
    # Another account, and the date stays.
    assert services.update_feed("Berg ApS", account_id=ACME).deliver_from == NOW.date()
    assert services.update_feed("Berg ApS", account_id="none").account_id is None
    with pytest.raises(InvalidValueError, match="two words: is no account's id"):
        services.update_feed("Berg ApS", account_id="two words")


def test_earlier_days_that_join_in_front_are_delivered_where_they_are_wanted(
    deliveries: Deliveries, services: Services
) -> None:
    services.add_feed("Berg ApS", activation_date=str(day(1)), account_id=OTHER, deliver_from=str(FIRST))
    services.sync(through=day(2))
    deliveries.run()
    services.update_feed("Berg ApS", activation_date=str(FIRST))
    services.sync(through=day(2))
    assert deliveries.run().sent == 1
    deliveries.expect_all()


def test_paused_and_deactivated_feeds_are_delivered_and_one_without_an_account_is_not(
    deliveries: Deliveries, services: Services
) -> None:
    services.add_feed("Berg ApS")
    services.ledger.feeds.update(services.ledger.feeds.find("Acme A/S"), {"paused": True})
    assert outcomes(deliveries.run()) == {"Acme A/S": "delivered"}
    with pytest.raises(InvalidValueError, match="--feed Berg ApS: has no account"):
        deliveries.run("Berg ApS")


def test_two_feeds_of_one_account_with_the_same_pages_are_both_there(
    deliveries: Deliveries, services: Services, fleet: ScriptedFleet
) -> None:
    fleet.reads_daily("B", FIRST - ONE_DAY, range(1000, 1300, 10), organization="Berg ApS")
    services.add_feed("Berg ApS", account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(2))
    deliveries.run()
    assert deliveries.made()[ACME]["2026-11-02", 10] == 2
    deliveries.expect_all()
    assert not deliveries.run(after=90).sent


def test_a_feed_that_fails_stops_there_and_the_next_goes_on(deliveries: Deliveries, services: Services) -> None:
    services.add_feed("Berg ApS", account_id=OTHER, deliver_from=str(FIRST))
    services.sync(through=day(2))
    posts = iter(range(9))
    refusal = Answer(status=422, alter=lambda _: {"error": ["Date is locked", "Ask us"]}, unheard=True)
    deliveries.there.answer_with(lambda request: is_post(request) and next(posts) == 1, refusal)
    report = deliveries.run()
    assert outcomes(report) == {"Acme A/S": "failed", "Berg ApS": "delivered"}
    assert report.feeds[0].error == (
        f"PrintReleaf refuses /accounts/{ACME}/deposits with status 422: Date is locked, Ask us"
    )
    assert [deliveries.state("Acme A/S", day(number)) for number in range(3)] == ["delivered", "waiting", "waiting"]
    assert report.ok is False
    assert deliveries.run(after=1).ok
    deliveries.expect_all()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "No, sorry."),
        (403, "No, sorry; the key may not do that"),
        (404, "No, sorry; there is no such account, or the key may not see it; "),
        (422, "No, sorry."),
    ],
)
def test_a_refusal_is_told_in_the_apis_own_words_and_leaves_the_day_waiting(
    deliveries: Deliveries, status: int, said: str
) -> None:
    answer = Answer(status=status, alter=lambda _: {"message": "No,\n sorry."}, unheard=True)
    deliveries.there.answer_with(is_post, answer)
    (feed,) = deliveries.run().feeds
    assert (feed.error or "").startswith(f"PrintReleaf refuses /accounts/{ACME}/deposits with status {status}: {said}")
    assert deliveries.state("Acme A/S", FIRST) == "waiting"


def test_a_key_that_is_refused_ends_the_run_and_is_said_once(deliveries: Deliveries, services: Services) -> None:
    services.add_feed("Berg ApS", account_id=OTHER, deliver_from=str(FIRST))
    services.sync(through=day(2))
    deliveries.key = "another"
    report = deliveries.run()
    assert report.lost is not None
    assert report.lost.endswith("refuses the key (Invalid API key.): prsync printreleaf connect takes another")
    assert [feed.error for feed in report.feeds] == [report.lost] * 2
    assert len(deliveries.there.requests) == 1


def test_nobody_there_ends_the_run_and_the_days_wait(deliveries: Deliveries) -> None:
    deliveries.there.stop()
    report = deliveries.run()
    assert "cannot reach" in str(report.lost)
    deliveries.there.start()
    assert deliveries.run(after=1).ok
    deliveries.expect_all()


def test_a_connection_that_is_refused_between_list_and_deposit_leaves_the_day_waiting(
    deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, so that the next run need not wait an hour."""
    listed = DepositClient.deposits

    def listed_last(client: DepositClient, account_id: str) -> list[RemoteDeposit]:
        found = listed(client, account_id)
        deliveries.there.stop()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(DepositClient, "deposits", listed_last)
        assert not deliveries.run().ok
    assert deliveries.state("Acme A/S", FIRST) == "waiting"
    deliveries.there.start()
    assert deliveries.run(after=1).ok
    deliveries.expect_all()


def test_a_deposit_is_sent_again_within_a_run_after_429_where_that_is_soon(deliveries: Deliveries) -> None:
    answer = Answer(status=429, headers={"Retry-After": "60"}, unheard=True)
    deliveries.there.answer_with(is_post, answer, times=2)
    assert deliveries.run().ok
    assert deliveries.waited == [60, 60]
    deliveries.expect_all()


def test_a_longer_wait_is_left_to_the_next_run(deliveries: Deliveries) -> None:
    deliveries.there.answer_with(is_post, Answer(status=429, headers={"Retry-After": "61"}, unheard=True), times=1)
    report = deliveries.run()
    assert "it asks to be left alone for 61 seconds" in str(report.lost)
    assert deliveries.state("Acme A/S", FIRST) == "waiting"
    assert deliveries.run(after=2).ok
    deliveries.expect_all()


def test_a_dry_run_looks_and_sends_nothing(deliveries: Deliveries) -> None:
    with Ledger(deliveries.ledger.path, Access.REHEARSE) as rehearsal:
        report = deliveries.run(ledger=rehearsal, dry_run=True)
    assert (report.sent, report.pages) == (3, 30)
    assert [request.method for request in deliveries.there.requests] == ["GET"]
    assert deliveries.state("Acme A/S", FIRST) == "waiting"
    assert deliveries.ledger.runs.last_of("deliver", NOW) is None


def test_never_are_two_runs_at_it(deliveries: Deliveries) -> None:
    with delivery_lock(deliveries.ledger, NOW), pytest.raises(LockedError, match="at the delivery to PrintReleaf"):
        deliveries.run()


def test_without_a_connection_nothing_is_delivered(deliveries: Deliveries) -> None:
    deliveries.ledger.printreleaf.disconnect()
    with pytest.raises(NotConnectedError, match="PrintReleaf is not connected: prsync printreleaf connect does that"):
        deliveries.run()


def test_a_removed_feeds_rows_go_and_nothing_is_deleted_there(deliveries: Deliveries, services: Services) -> None:
    deliveries.run()
    services.ledger.feeds.remove(services.ledger.feeds.find("Acme A/S"))
    assert not services.ledger.deliveries.counts()
    assert len(deliveries.there.api.deposits) == 3
    # Connected again, it finds them.
    services.add_feed("Acme A/S", account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(2))
    report = deliveries.run()
    assert (report.sent, report.feeds[0].found) == (0, 3)
    deliveries.expect_all()


def test_an_unanswered_deposit_is_looked_for_in_the_account_it_was_sent_to(
    deliveries: Deliveries, services: Services
) -> None:
    deliveries.there.answer_with(is_post, Answer(cut=True), times=1)
    deliveries.run()
    services.update_feed("Acme A/S", account_id=OTHER)
    assert deliveries.run(after=1).ok
    assert [one["date"][:10] for one in deliveries.there.api.of(ACME)] == ["2026-11-02"]
    assert [one["date"][:10] for one in deliveries.there.api.of(OTHER)] == ["2026-11-03", "2026-11-04"]


def test_what_is_not_in_the_account_it_was_sent_to_is_looked_for_in_the_present_one_before_it_is_sent(
    deliveries: Deliveries, services: Services, tmp_path: Path
) -> None:
    """After a restore from a time when it was unanswered, and before it was sent to the present one."""
    deliveries.there.answer_with(is_post, Answer(unheard=True, cut=True), times=1)
    deliveries.run()
    services.update_feed("Acme A/S", account_id=OTHER)
    backup = tmp_path / "backup.db"
    services.ledger.copy_to(backup)
    assert not deliveries.run(after=5).ok
    assert deliveries.run(after=61).ok
    assert deliveries.made() == deliveries.known()
    with Ledger(backup) as restored:
        again = Deliveries(restored, deliveries.there, now=deliveries.now)
        assert (again.run(after=1).sent, again.run(after=61).sent) == (0, 0)
        again.expect_all()


def test_an_id_that_another_deposit_has_leaves_it_in_doubt(deliveries: Deliveries) -> None:
    first: list[str] = []

    def the_first(made: dict[str, object]) -> dict[str, object]:
        first.append(str(made["id"]))
        return {**made, "id": first[0]}

    deliveries.there.answer_with(is_post, Answer(alter=the_first))
    report = deliveries.run()
    assert outcomes(report) == {"Acme A/S": "in_doubt"}
    assert len(deliveries.there.api.deposits) == 2
    deliveries.run(after=90)
    assert [deliveries.state("Acme A/S", day(number)) for number in range(2)] == ["delivered", "in_doubt"]


def test_a_list_is_read_to_its_last_page(deliveries: Deliveries) -> None:
    for number in range(250):
        deliveries.there.api.make(ACME, 7, f"2025-{number % 12 + 1:02}-01T12:00:00Z")
    deliveries.there.api.make(ACME, 10, "2026-11-02T12:00:00Z")
    deliveries.there.api.is_paged = True
    deliveries.with_assumptions(page="page")
    report = deliveries.run()
    assert (report.sent, report.feeds[0].found) == (2, 1)
    assert len([one for one in deliveries.there.requests if is_list(one)]) == 4


def test_a_list_that_lacks_what_is_there_is_not_believed(deliveries: Deliveries, services: Services) -> None:
    deliveries.run()
    deliveries.there.api.deposits.reverse()
    for number in range(100):
        deliveries.there.api.deposits.insert(0, dict(deliveries.there.api.deposits[-1], id=f"x{number}", pages=1))
        deliveries.there.api.listed_from[f"x{number}"] = 0
    deliveries.there.api.is_paged = True  # and nobody has said so
    services.sync(through=day(3))
    report = deliveries.run()
    assert "list of the deposits of account" in str(report.feeds[0].error)
    assert not report.sent


def test_what_somebody_has_deleted_there_stays_deleted(deliveries: Deliveries, services: Services) -> None:
    deliveries.run()
    del deliveries.there.api.deposits[0]
    deliveries.there.api.deposits[0]["deleted"] = True
    services.sync(through=day(3))
    assert deliveries.run().sent == 1


@pytest.mark.parametrize(
    "answer",
    [Answer(status=500), Answer(body=b"<html>"), Answer(alter=lambda _: {"deposits": []}), Answer(cut=True)],
    ids=["500", "html", "no array", "cut"],
)
def test_a_list_that_cannot_be_had_fails_the_feed(deliveries: Deliveries, answer: Answer) -> None:
    deliveries.there.answer_with(is_list, answer)
    report = deliveries.run()
    assert outcomes(report) == {"Acme A/S": "failed"}
    assert not deliveries.there.api.deposits
    deliveries.there.answer_normally()
    assert deliveries.run().ok
    deliveries.expect_all()


def test_a_feed_of_printed_days_only_before_its_account_costs_nothing(services: Services) -> None:
    services.add_feed("Acme A/S", account_id=ACME, deliver_from=str(date(2027, 1, 1)))
    services.sync(through=day(2))
    assert not services.ledger.deliveries.to_do()
