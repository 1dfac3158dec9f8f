"""A month in which one answer in three fails, in every way there is: its ledger is that of an undisturbed month."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Final

import pytest
from tests.edges.ledgers import content
from tests.edges.nights import FIRST, Nights, day

from prsync.core.model import ONE_DAY
from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.traffic import Request

NIGHTS: Final = 30
FEEDS: Final = 20
SEED: Final = 20261102
ONE_IN: Final = 3


def faults(never: Event) -> dict[str, Answer]:
    """Every way in which an answer can fail."""
    return {
        **{f"status {status}": Answer(status=status) for status in (400, 401, 403, 404, 429, 500, 502, 503, 504)},
        "Retry-After": Answer(status=429, headers={"Retry-After": "7"}),
        "Retry-After too long": Answer(status=503, headers={"Retry-After": "3600"}),
        "cut before the headers": Answer(cut=True),
        "cut after the headers": Answer(cut=True, after=0),
        "cut in the body": Answer(cut=True, after=30),
        "no answer": Answer(hold=never),
        "half an answer": Answer(hold=never, after=30),
        "no JSON": Answer(body=b"<html>maintenance</html>"),
        "half a document": Answer(body=b'{"items": [{"deviceId": '),
        "no rows": Answer(body=b'{"message": "maintenance"}'),
        "an error beside null": Answer(body=b'{"items": null, "error": "timeout"}'),
        "a sign of more": Answer(alter=lambda document: document | {"hasMore": True}),
        "redirect": Answer(status=302, headers={"Location": "https://evil.example/"}),
    }


@dataclass
class Misfortune:
    """Draws for each request whether it fails, and how."""

    kinds: list[str]
    random: Random = field(default_factory=lambda: Random(SEED))
    drawn: Counter[str] = field(default_factory=Counter)
    _request: Request | None = None
    _kind: str | None = None

    def strikes(self, kind: str, request: Request) -> bool:
        """Whether the request fails in this way. It is asked for each kind, one after another."""
        if self._request is not request:
            self._request = request
            self._kind = self.random.choice(self.kinds) if self.random.randrange(ONE_IN) == 0 else None
            self.drawn[self._kind or "none"] += 1
        return kind == self._kind

    def strikes_no_login(self, kind: str, request: Request) -> bool:
        """The same, but that a login never fails: one that breaks off is not tried again."""
        return request.method == "GET" and self.strikes(kind, request)


def ledger_of(nights: Nights) -> dict[str, list[tuple[object, ...]]]:
    """Every row that says something of pages; without ids and the hour at which an anomaly was resolved."""
    anomalies = [(*row[1:8], row[8], row[10]) for row in content(nights.path)["anomalies"]]
    return nights.figures() | {"anomalies": sorted(anomalies, key=repr)}


def nights_at(simulator: Simulator, folder: Path) -> Nights:
    folder.mkdir()
    nights = Nights(folder, simulator, timeouts=(9.0, 0.1))
    nights.add_feeds(*(found.name for found in simulator._api.fleet.organizations))
    return nights


@pytest.mark.hunt
def test_a_month_of_misfortune_leaves_the_ledger_of_an_undisturbed_month(tmp_path: Path) -> None:
    fleet = LifelikeFleet(2011, organizations=FEEDS, devices=4, first_day=FIRST - 30 * ONE_DAY)
    never = Event()
    with Simulator(fleet, folder=tmp_path / "3manager") as simulator:
        undisturbed = nights_at(simulator, tmp_path / "undisturbed")
        for number in range(NIGHTS):
            assert undisturbed.sync(day(number)).ok
        needed = len(simulator.requests)

        disturbed = nights_at(simulator, tmp_path / "disturbed")
        simulator.forget_requests()
        kinds = faults(never)
        misfortune = Misfortune(list(kinds))
        for kind, answer in kinds.items():
            simulator.answer_with(partial(misfortune.strikes, kind), answer)
        failed = 0
        for number in range(NIGHTS):
            report = disturbed.sync(day(number))
            failed += not report.ok
            assert report.faults == []
            # Whatever failed, nothing false was written meanwhile.
            deposits = set(content(disturbed.path)["deposits"])
            assert deposits <= set(content(undisturbed.path)["deposits"])
        asked = len(simulator.requests)
        simulator.answer_normally()
        assert disturbed.sync(day(NIGHTS - 1)).ok
    with suppress(KeyError):
        del misfortune.drawn["none"]
    assert ledger_of(disturbed) == ledger_of(undisturbed)
    # Each kind struck, and most nights of such a month fail: the test is about something.
    assert set(misfortune.drawn) == set(kinds)
    assert failed >= NIGHTS // 2
    assert asked <= 3 * needed


PASSING: Final = {"Retry-After", "cut before the headers", "cut after the headers", "cut in the body", "no answer"}


def test_what_passes_within_a_night_fails_no_night_of_a_week(tmp_path: Path) -> None:
    fleet = LifelikeFleet(2011, organizations=8, devices=3, first_day=FIRST - 30 * ONE_DAY)
    never = Event()
    with Simulator(fleet, folder=tmp_path / "3manager") as simulator:
        undisturbed, disturbed = (nights_at(simulator, tmp_path / name) for name in ("undisturbed", "disturbed"))
        kinds = {kind: answer for kind, answer in faults(never).items() if kind in PASSING or "status 5" in kind}
        misfortune = Misfortune(list(kinds))
        for number in range(7):
            assert undisturbed.sync(day(number)).ok
        for kind, answer in kinds.items():
            simulator.answer_with(partial(misfortune.strikes_no_login, kind), answer)
        assert [disturbed.sync(day(number)).ok for number in range(7)] == [True] * 7
    assert disturbed.waits
    assert ledger_of(disturbed) == ledger_of(undisturbed)
