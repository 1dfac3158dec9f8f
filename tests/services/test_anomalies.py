"""A person's decisions about readings that were held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, Services, day
from tests.support import ScriptedFleet, deposits, devices, sums
from tests.support.whole_ledger import everything

from prsync.core.model import ONE_DAY, AnomalyState
from prsync.errors import LockedError, NotFoundError, RefusedError
from prsync.process.lock import hold
from prsync.services.anomalies import anomalies_of, decide

if TYPE_CHECKING:
    from tests.support.scripted_server import ScriptedServer

    from prsync.services.anomalies import Decision

BASELINE = FIRST - ONE_DAY


@pytest.fixture
def fleet() -> ScriptedFleet:
    """On the third day A has jumped, B has dropped, C is no number; D and E, alike, have dropped and jumped."""
    scripted = ScriptedFleet("Acme A/S", "Ærø Færger")
    for device, count in {"A": 5_001_000, "B": 7, "C": "7 pages", "D": 9, "E": 2_000_000}.items():
        scripted.reads_daily(device, BASELINE, [1000, 1010, 1020, count])
    scripted.reads_daily("F", BASELINE, [100, 110, 120, 130, 140, 150])
    return scripted


@pytest.fixture
def held(services: Services) -> Services:
    for name in ("Acme A/S", "Ærø Færger"):
        services.add_feed(name)
    assert services.sync(day(2)).ok
    return services


def ids(services: Services) -> dict[str, int]:
    return {anomaly.device_id: anomaly.id for anomaly in services.ledger.anomalies.all()}


def decided(services: Services, device: str, *, accepted: bool) -> Decision:
    return decide(services.ledger, ids(services)[device], accepted=accepted, now=NOW)


def latest_counts(services: Services) -> dict[str, int]:
    return {name: row[2] for name, row in devices(services.ledger.path, "Acme A/S").items()}


def test_a_person_sees_what_is_needed_to_decide(held: Services) -> None:
    found = anomalies_of(held.ledger, None, settled_too=False)
    assert sorted((one.device_id, one.kind, one.count, one.latest_count, one.accepting_adds) for one in found) == [
        ("A", "counter_jumped", 5_001_000, 1020, 4_999_980),
        ("B", "counter_dropped", 7, 1020, 0),
        ("C", "invalid_reading", None, 1020, None),
        ("D", "counter_dropped", 9, 1020, 0),
        ("E", "counter_jumped", 2_000_000, 1020, 1_998_980),
    ]
    assert {(one.feed, one.server, one.date, one.state) for one in found} == {
        ("Acme A/S", "main", day(2), AnomalyState.OPEN)
    }


def test_the_list_is_of_one_feed_or_of_all(held: Services) -> None:
    assert len(anomalies_of(held.ledger, "Acme A/S", settled_too=False)) == 5
    assert anomalies_of(held.ledger, "2", settled_too=False) == []
    with pytest.raises(NotFoundError, match="no feed nosuch: prsync feed list shows"):
        anomalies_of(held.ledger, "nosuch", settled_too=False)


def test_an_accepted_jump_waits_for_the_next_deposit(held: Services) -> None:
    decision = decided(held, "A", accepted=True)
    assert (decision.pages, decision.anomaly.state, decision.anomaly.resolved_at) == (4_999_980, "accepted", NOW)
    assert latest_counts(held)["A"] == 1020


def test_an_accepted_drop_was_a_reset_and_adds_nothing(held: Services) -> None:
    decision = decided(held, "B", accepted=True)
    assert (decision.pages, decision.anomaly.state) == (0, "accepted")
    assert latest_counts(held)["B"] == 7


def test_a_reading_without_a_count_can_only_be_rejected(held: Services) -> None:
    before = everything(held.ledger.path)
    with pytest.raises(RefusedError) as refused:
        decided(held, "C", accepted=True)
    number = ids(held)["C"]
    assert str(refused.value) == f"accepting anomaly {number} is refused: it has no count; it can only be rejected"
    assert everything(held.ledger.path) == before
    assert decided(held, "C", accepted=False).anomaly.state is AnomalyState.REJECTED


def test_a_rejected_drop_stands_where_it_was_and_a_rejected_jump_where_it_was_read(held: Services) -> None:
    for device in ("D", "E"):
        assert decided(held, device, accepted=False).pages in {0, 1_998_980}
    assert (latest_counts(held)["D"], latest_counts(held)["E"]) == (1020, 2_000_000)


def test_a_decision_is_made_once(held: Services) -> None:
    for device, accepted, word in (("B", True, "accepted"), ("D", False, "rejected"), ("E", False, "rejected")):
        decided(held, device, accepted=accepted)
        with pytest.raises(RefusedError) as refused:
            decided(held, device, accepted=not accepted)
        assert str(refused.value) == f"deciding anomaly {ids(held)[device]} is refused: it is {word} already"
    assert len(anomalies_of(held.ledger, None, settled_too=False)) == 2
    assert len(anomalies_of(held.ledger, None, settled_too=True)) == 5


def test_a_jump_that_was_accepted_can_be_rejected_until_its_pages_are_deposited(held: Services) -> None:
    decided(held, "A", accepted=True)
    assert decided(held, "A", accepted=False).anomaly.state is AnomalyState.REJECTED
    with pytest.raises(RefusedError, match="it is rejected already"):
        decided(held, "A", accepted=True)
    decided(held, "E", accepted=True)
    with pytest.raises(RefusedError, match="it is accepted already"):
        decided(held, "E", accepted=True)
    assert held.sync(day(4)).feeds[0].pages == 1_998_980 + 20
    assert sums(held.ledger.path)["Acme A/S"] == (1_999_130, 1_999_130)
    with pytest.raises(RefusedError, match="it is accepted already"):
        decided(held, "E", accepted=False)


def test_sums_hold_after_each_decision_and_the_next_deposit_has_the_pages(
    held: Services, server: ScriptedServer
) -> None:
    asked = list(server.asked)
    for device, accepted in {"A": True, "B": True, "C": False, "D": False, "E": False}.items():
        decided(held, device, accepted=accepted)
        assert sums(held.ledger.path)["Acme A/S"] == (130, 130)
    assert server.asked == asked
    # Nothing but F is read again: a repeat of what was decided is not reported again.
    report = held.sync(day(4)).feeds[0]
    assert (report.pages, report.anomalies) == (4_999_980 + 20, 0)
    assert list(deposits(held.ledger.path, "Acme A/S").values()) == [60, 60, 10, 4_999_990, 10]
    assert sums(held.ledger.path)["Acme A/S"] == (5_000_130, 5_000_130)
    assert len(held.ledger.anomalies.all()) == 5


def test_an_anomaly_that_nobody_has_is_not_found(held: Services) -> None:
    with pytest.raises(NotFoundError, match="no anomaly 99: prsync anomaly list shows those that are open"):
        decide(held.ledger, 99, accepted=True, now=NOW)


def test_what_a_sync_has_in_hand_nobody_decides(held: Services) -> None:
    before = everything(held.ledger.path)
    with hold(held.ledger.path, "server-1", "server main", NOW), pytest.raises(LockedError):
        decided(held, "A", accepted=True)
    assert everything(held.ledger.path) == before
