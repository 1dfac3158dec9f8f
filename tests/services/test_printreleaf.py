"""PrintReleaf is connected, tried out, looked at and disconnected; what is in doubt is decided, and watched."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.services.delivering import ACME, OTHER, Deliveries, is_list, is_post
from tests.services.running import FIRST, NOW, Services, day
from tests.support import ScriptedFleet

from prsync.core.model import ONE_DAY
from prsync.core.settings import PrintReleafSettings
from prsync.credentials import os_keyring
from prsync.credentials.passwords import Secret, keep_in_keyring, key_origin
from prsync.demo.traffic import Answer
from prsync.errors import (
    InvalidValueError,
    KeyRefusedError,
    NoKeyringError,
    NotConnectedError,
    NotFoundError,
    PasswordMissingError,
    RefusedError,
)
from prsync.monitoring.prometheus import metrics_text
from prsync.services.delivery_decisions import resolve
from prsync.services.delivery_health import delivery_problems
from prsync.services.doctor import examine
from prsync.services.health import last_health
from prsync.services.metrics import samples_of
from prsync.services.plugin_status import plugin_answer
from prsync.services.printreleaf import accounts_with_feeds, connect, delivered_elsewhere, deposit_client, disconnect
from prsync.services.printreleaf_trial import try_out
from prsync.services.report import ReportRequest, plan_report
from prsync.services.report_page import page_contents

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.printreleaf_simulator import PrintReleafSimulator
    from prsync.store.delivery_records import Delivery
    from prsync.store.ledger import Ledger


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme's printer prints 10 pages a day; Berg has none yet."""
    scripted = ScriptedFleet("Acme A/S", "Berg ApS")
    scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10))
    return scripted


@pytest.fixture
def deliveries(services: Services, there: PrintReleafSimulator) -> Deliveries:
    """Three days of Acme, to be delivered."""
    services.add_feed("Acme A/S", account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(2))
    services.ledger.printreleaf.connect(settings_of(there), NOW)
    return Deliveries(services.ledger, there)


def settings_of(there: PrintReleafSimulator, **other: str) -> PrintReleafSettings:
    return PrintReleafSettings(**{"url": there.url, "ca_bundle": str(there.ca_bundle)} | other)


def decide(deliveries: Deliveries, on: date = FIRST, *, delivered: str | None = None) -> Delivery:
    return resolve(
        deliveries.ledger,
        "Acme A/S",
        str(on),
        delivered=delivered,
        send_it=delivered is None,
        connect=deliveries.client,
        now=deliveries.now,
        clock=lambda: deliveries.now,
    )


class Keyring:
    """Stands in for the OS keyring, which tests/system has for real."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    kept = Keyring()
    monkeypatch.setattr(os_keyring, "ask_keyring", lambda question, **_: question(kept))
    return kept


def test_a_key_is_proved_then_kept_and_then_the_connection_stored(
    ledger: Ledger, there: PrintReleafSimulator, keyring: Keyring
) -> None:
    found = connect(ledger, settings_of(there), lambda: Secret(there.api.key), NOW)
    assert [account.name for account in found] == ["Acme A/S", "Others"]
    assert keyring.kept == {(f"prsync: PrintReleaf ({there.url})", "api-key"): there.api.key}
    with deposit_client(ledger) as client:
        assert len(client.accounts()) == 2
    disconnect(ledger, NOW)
    assert (keyring.kept, ledger.printreleaf.get()) == ({}, None)
    with pytest.raises(NotConnectedError):
        disconnect(ledger, NOW)


def test_a_key_that_is_refused_leaves_everything_as_it_was(
    ledger: Ledger, there: PrintReleafSimulator, keyring: Keyring
) -> None:
    with pytest.raises(KeyRefusedError):
        connect(ledger, settings_of(there), lambda: Secret("another"), NOW)
    assert (keyring.kept, ledger.printreleaf.get()) == ({}, None)
    connect(ledger, settings_of(there), lambda: Secret(there.api.key), NOW)
    with pytest.raises(KeyRefusedError):
        connect(ledger, settings_of(there), lambda: Secret("another"), NOW)
    assert list(keyring.kept.values()) == [there.api.key]


def test_connecting_again_replaces_key_and_url(
    ledger: Ledger, there: PrintReleafSimulator, keyring: Keyring, tmp_path: Path
) -> None:
    connect(ledger, settings_of(there), lambda: Secret(there.api.key), NOW)
    key = tmp_path / "key"
    key.write_text(there.api.key + "\n")
    connect(ledger, settings_of(there, key_command=f"cat {key}"), lambda: Secret("nobody asks"), NOW)
    assert not keyring.kept
    with deposit_client(ledger) as client:
        assert client.accounts()


def test_a_key_that_is_gone_is_told_with_what_brings_it_back(
    ledger: Ledger, there: PrintReleafSimulator, keyring: Keyring
) -> None:
    connect(ledger, settings_of(there), lambda: Secret(there.api.key), NOW)
    keyring.kept.clear()
    line = "the keyring has no key for PrintReleaf: prsync printreleaf connect --key-stdin keeps one"
    with pytest.raises(PasswordMissingError, match=line):
        deposit_client(ledger)


def test_accounts_are_listed_with_their_feeds(deliveries: Deliveries) -> None:
    found = accounts_with_feeds(deliveries.ledger, deliveries.client)
    assert [(one.account_id, feeds) for one, feeds in found] == [(ACME, ["Acme A/S"]), (OTHER, [])]


def test_a_trial_leaves_nothing_behind_and_says_what_holds(deliveries: Deliveries) -> None:
    with deliveries.client(deliveries.ledger) as client:
        found = list(try_out(client, OTHER, FIRST))
    assert [(one.about, one.ok) for one in found] == [
        ("made", True),
        ("date", True),
        ("found", True),
        ("date", True),
        ("listed", True),
        ("deleted", True),
    ]
    assert not deliveries.there.api.deposits


@pytest.mark.parametrize(
    ("differs", "about", "said"),
    [
        ({"echo": lambda _: "2026-11-24T02:00:00Z"}, "date", "the answer says 2026-11-24 and not 2026-11-02"),
        ({"echo": lambda _: "yesterday"}, "date", "that of the answer cannot be read"),
        ({"lag": 5}, "listed", "it is not (yet; or lists come in pages"),
    ],
)
def test_a_trial_says_what_differs(deliveries: Deliveries, differs: dict[str, object], about: str, said: str) -> None:
    for name, value in differs.items():
        setattr(deliveries.there.api, name, value)
    with deliveries.client(deliveries.ledger) as client:
        wrong = [one for one in try_out(client, OTHER, FIRST) if one.ok is False]
    assert wrong[0].about == about
    assert said in wrong[0].found
    assert not deliveries.there.api.deposits


def test_a_trial_that_cannot_delete_says_what_to_delete_by_hand(deliveries: Deliveries) -> None:
    deliveries.there.answer_with(lambda request: request.method == "DELETE", Answer(status=403, unheard=True))
    with deliveries.client(deliveries.ledger) as client:
        *_, last = try_out(client, OTHER, FIRST)
    (left,) = deliveries.there.api.deposits
    assert f"delete the deposit {left['id']} of account {OTHER} by hand" in last.found


def test_a_trial_that_can_neither_look_nor_delete_says_both(deliveries: Deliveries) -> None:
    deliveries.there.answer_with(lambda request: request.method != "POST", Answer(status=403, unheard=True))
    with deliveries.client(deliveries.ledger) as client:
        made, _, looked_at, deleted = try_out(client, OTHER, FIRST)
    (left,) = deliveries.there.api.deposits
    assert (made.ok, looked_at.ok, deleted.ok) == (True, False, False)
    assert f"delete the deposit {left['id']} of account {OTHER} by hand" in deleted.found


def test_a_trial_that_is_stopped_deletes_what_it_made(deliveries: Deliveries) -> None:
    with deliveries.client(deliveries.ledger) as client:
        trial = try_out(client, OTHER, FIRST)
        assert next(trial).about == "made"
        next(trial)
        trial.close()  # type: ignore[attr-defined]
    assert deliveries.there.api.deposits == []


@pytest.fixture
def doubtful(deliveries: Deliveries) -> Deliveries:
    """The first day is in doubt: two deposits there could be it."""
    for _ in range(2):
        deliveries.there.api.make(ACME, 10, "2026-11-02")
    deliveries.run()
    return deliveries


def test_what_is_in_doubt_is_not_given_to_another_feed_either(
    doubtful: Deliveries, services: Services, fleet: ScriptedFleet
) -> None:
    fleet.reads_daily("B", FIRST - ONE_DAY, range(1000, 1300, 10), organization="Berg ApS")
    services.add_feed("Berg ApS", account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(2))
    doubtful.run()
    assert doubtful.state("Berg ApS", FIRST) == "in_doubt"


def test_a_person_says_which_it_is(doubtful: Deliveries) -> None:
    remote_id = doubtful.there.api.deposits[1]["id"]
    assert decide(doubtful, delivered=remote_id).remote_id == remote_id
    assert doubtful.run().ok
    assert len(doubtful.there.api.deposits) == 4
    with pytest.raises(RefusedError, match="deciding about 2026-11-02 of feed Acme A/S is refused: it is delivered"):
        decide(doubtful, delivered=remote_id)


def test_a_person_has_it_sent(doubtful: Deliveries) -> None:
    assert decide(doubtful).state == "delivered"
    assert len(doubtful.there.api.deposits) == 5
    assert doubtful.run().ok


@pytest.mark.parametrize("cut", [Answer(cut=True), Answer(status=500)])
def test_an_answer_that_is_lost_then_leaves_it_to_the_next_run(doubtful: Deliveries, cut: Answer) -> None:
    del doubtful.there.api.deposits[:2]
    doubtful.there.answer_with(is_post, cut)
    with pytest.raises(Exception, match=r"gave no whole answer|status 500"):
        decide(doubtful)
    doubtful.there.answer_normally()
    assert doubtful.state("Acme A/S", FIRST) == "sending"
    assert doubtful.run(after=1).ok
    doubtful.expect_all()


def test_a_decision_that_cannot_be_right_is_refused(doubtful: Deliveries) -> None:
    other = doubtful.there.api.make(ACME, 11, "2026-11-02")
    with pytest.raises(RefusedError, match="it has 11 pages there, and the ledger has 10 pages on"):
        decide(doubtful, delivered=other["id"])
    with pytest.raises(NotFoundError, match="no deposit nothing: there is none of that id in account"):
        decide(doubtful, delivered="nothing")
    taken = doubtful.ledger.deliveries.find(doubtful.ledger.feeds.find("Acme A/S").id, day(1)).remote_id
    with pytest.raises(RefusedError, match="it is dated 2026-11-03 there, and the ledger has 10 pages on 2026-11-02"):
        decide(doubtful, delivered=str(taken))
    with pytest.raises(NotFoundError):
        decide(doubtful, date(2030, 1, 1))
    with pytest.raises(InvalidValueError, match="one of the two decides"):
        resolve(
            doubtful.ledger,
            "Acme A/S",
            str(FIRST),
            delivered="x",
            send_it=True,
            connect=doubtful.client,
            now=NOW,
            clock=lambda: NOW,
        )
    assert doubtful.state("Acme A/S", FIRST) == "in_doubt"


def test_health_says_what_is_in_doubt_and_whoever_watches_hears_of_it(doubtful: Deliveries) -> None:
    (problem,) = delivery_problems(doubtful.ledger, NOW)
    assert problem.line == (
        "feed Acme A/S: 1 deposit in doubt, the first of 2026-11-02:"
        " prsync printreleaf resolve 'Acme A/S' 2026-11-02 decides"
    )
    health = last_health(doubtful.ledger, NOW)
    assert not health.ok
    assert "1 problem with the delivery to PrintReleaf" in plugin_answer(health, NOW).summary
    plan = plan_report([doubtful.ledger], ReportRequest(), NOW, "UTC")
    on_the_page = page_contents(plan, NOW).problems
    assert any("Acme A/S: 1 deposit in doubt, the first of 2026-11-02" in line for line in on_the_page)
    text = metrics_text(samples_of(doubtful.ledger, NOW, "UTC"))
    assert 'prsync_feed_undelivered_deposits{feed="Acme A/S",server="main",state="in_doubt"} 1.0' in text
    assert 'prsync_last_run_success{command="deliver"} 0.0' in text


def test_health_says_what_fails_and_that_nobody_runs_it(deliveries: Deliveries) -> None:
    assert not delivery_problems(deliveries.ledger, NOW)
    deliveries.there.answer_with(is_list, Answer(status=500))
    deliveries.run()
    (failing,) = delivery_problems(deliveries.ledger, NOW)
    assert "deposits answered with status 500" in failing.why
    deliveries.there.answer_normally()
    deliveries.there.answer_with(is_post, Answer(status=422, unheard=True))
    deliveries.run()
    (failing,) = delivery_problems(deliveries.ledger, NOW)
    assert "its deposit of 2026-11-02 is not delivered: PrintReleaf refuses" in failing.why
    *_, missed = delivery_problems(deliveries.ledger, NOW + timedelta(days=3))
    assert missed.line == (
        "3 deposits wait for PrintReleaf, and no deliver was run since 2026-11-24 01:30 UTC; does cron run it?"
    )


def test_what_was_not_set_up_is_no_problem(services: Services) -> None:
    services.add_feed("Acme A/S", account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(2))
    assert not delivery_problems(services.ledger, NOW + timedelta(days=9))


def test_doctor_asks_printreleaf_too(deliveries: Deliveries, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(deliveries.there.api.key)
    deliveries.ledger.printreleaf.connect(settings_of(deliveries.there, key_command=f"cat {key}"), NOW)

    def found() -> dict[str, tuple[bool | None, str]]:
        findings = examine(deliveries.ledger.path, NOW, "UTC", None, deposit_client)
        return {one.about: (one.ok, one.found) for one in findings}

    assert found()["key of PrintReleaf"] == (True, "comes out of its command")
    assert found()["PrintReleaf"] == (True, f"{deliveries.there.url} takes the key, which may see 2 accounts")
    del deliveries.there.api.accounts[ACME]
    assert "the key does not list its account" in found()["feed Acme A/S"][1]
    key.write_text("another")
    assert found()["PrintReleaf"][0] is False
    key.unlink()
    assert found()["key of PrintReleaf"][0] is False


def test_what_was_delivered_over_another_url_is_told_when_it_is_connected(deliveries: Deliveries) -> None:
    url = deliveries.there.url
    assert delivered_elsewhere(deliveries.ledger, "https://other.example") is None  # nothing was delivered yet
    assert deliveries.run().ok
    assert delivered_elsewhere(deliveries.ledger, url) is None
    assert delivered_elsewhere(deliveries.ledger, "https://other.example") == (3, url)


def test_a_keyring_that_refuses_to_keep_the_key_is_told_with_the_option_that_does_without(
    ledger: Ledger, there: PrintReleafSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NoKeyringError("it is locked")

    monkeypatch.setattr(os_keyring, "ask_keyring", refuse)
    with pytest.raises(NoKeyringError, match="give --key-command CMD"):
        connect(ledger, settings_of(there), lambda: Secret(there.api.key), NOW)
    with pytest.raises(NoKeyringError, match="give --key-command CMD"):
        keep_in_keyring(key_origin(settings_of(there)), Secret(there.api.key))
