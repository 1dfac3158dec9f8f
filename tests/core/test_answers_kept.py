"""What a run keeps of its open days: enough to ask for little again, never so much that memory grows with the days."""

from __future__ import annotations

import datetime as dt
import weakref
from dataclasses import dataclass, replace

import pytest
from tests.core.example_feed import OCTOBER_31, Feed, noon
from tests.core.example_feed import day as november

from prsync.core.answers import ANSWERS_KEPT, Answers
from prsync.core.feed_run import collect_days
from prsync.core.model import ONE_DAY, DepositedDays, FeedState, OpenDay, Reading, Rule, Scope

FIRST = dt.date(2026, 1, 1)
LONG = 4 * ANSWERS_KEPT
LONG_AGO = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)


def day(number: int) -> dt.date:
    return FIRST + number * ONE_DAY


class Server:
    """Two devices that print a page a day; the one that is read is not managed before the last day."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self.asked: list[int] = []

    def ask(self, asked: dt.date) -> list[Reading]:
        number = (asked - FIRST).days
        self.asked.append(number)
        if self.silent and number < LONG:
            return [Reading("d1", True, None, None)]
        read_at = dt.datetime.combine(asked, dt.time(12, tzinfo=dt.UTC))
        unseen = Reading("d2", True, 1000 + number, LONG_AGO)  # it prints, but when it was read stands still
        return [Reading("d1", number >= LONG, 1000 + number, read_at), unseen]


def run(server: Server, *through: int) -> list[OpenDay | DepositedDays]:
    """The steps of runs through these days, each from where the one before it ended."""
    steps: list[OpenDay | DepositedDays] = []
    state = FeedState.before_first_deposit(FIRST, "UTC", Rule("totalPages", Scope.MANAGED))
    for last in through:
        for step in collect_days(state, day(last), server.ask):
            steps.append(step)
            state = step.state if isinstance(step, DepositedDays) else replace(state, looked_through=step.day)
    return steps


def test_of_many_different_open_days_some_are_asked_for_again_and_the_steps_are_those_of_nightly_runs() -> None:
    at_once, nightly = Server(), Server()
    steps = run(at_once, LONG)
    assert steps == run(nightly, *range(LONG + 1))
    assert isinstance(steps[-1], DepositedDays)
    assert [deposit.pages for deposit in steps[-1].deposits] == [1] * (LONG + 1)
    again = len(at_once.asked) - len(set(at_once.asked))
    assert again == len(set(at_once.asked)) - ANSWERS_KEPT - 1  # the last one is at hand


def test_of_open_days_that_repeat_none_is_asked_for_again() -> None:
    server = Server(silent=True)
    run(server, LONG)
    assert server.asked == [-1, *range(LONG + 1)]


def test_a_device_that_repeats_is_kept_once_though_another_differs_every_day() -> None:
    server = Server()
    answers = Answers(lambda asked: [*server.ask(asked), Reading("d3", True, 5, LONG_AGO)], "UTC")

    of_days = [answers.of(day(number)) for number in range(ANSWERS_KEPT)]

    assert len(set(of_days)) == ANSWERS_KEPT
    assert len({id(readings[-1]) for readings in of_days}) == 1


@dataclass(frozen=True)
class Weighed(Reading):
    """A reading that can be watched being let go: what has slots alone takes no weak reference."""


@pytest.mark.parametrize("silent", [False, True], ids=["news every day", "silent for a year"])
def test_a_years_readings_are_not_kept_in_memory(silent: bool) -> None:
    answered: list[weakref.ref[Reading]] = []

    def ask(date: dt.date) -> list[Reading]:
        read_at = noon(0 if silent else (date - OCTOBER_31).days)
        readings: list[Reading] = [Weighed(str(number), True, 5, read_at) for number in range(3)]
        answered.extend(map(weakref.ref, readings))
        return readings

    for _ in collect_days(Feed().store.load(), november(366), ask):
        assert sum(reading() is not None for reading in answered) <= 9
    assert len(answered) == 3 * 366
