"""Single properties of the ledger, each in a world of its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.core.device_history import ONE_DAY, days
from tests.core.ledger_model import ModelLedger
from tests.core.memory_store import MemoryStore, check_invariants
from tests.core.world import (
    BITS,
    BUSY,
    BUSY_CEILING,
    CEILING,
    CLOCKS,
    DEVICES,
    PLACES,
    RULES,
    Happening,
    ServerDownError,
    World,
    happenings,
)

from prsync.core.earlier_days import collect_earlier_days
from prsync.core.feed_run import collect_days
from prsync.core.model import FeedState, Reading, Rule, Scope

if TYPE_CHECKING:
    import datetime as dt


@dataclass
class Collected:
    """A feed collected in one way or another, without anything a person does."""

    world: World
    counted_by: Rule
    store: MemoryStore = field(init=False)

    def __post_init__(self) -> None:
        activation_date = self.world.first + ONE_DAY
        self.store = MemoryStore(
            FeedState.before_first_deposit(activation_date, self.world.timezone, self.counted_by, CEILING)
        )

    def run(self, through: dt.date, *, commits: int = 10**9, answered: int = 10**9) -> Collected:
        left = answered

        def ask(day: dt.date) -> list[Reading]:
            nonlocal left
            left -= 1
            if left < 0:
                raise ServerDownError
            return self.world.answer(day, self.counted_by.meter)

        with suppress(ServerDownError):
            for number, step in enumerate(collect_days(self.store.load(), through, ask)):
                if number == commits:
                    break
                self.store.apply(step)
                check_invariants(self.store)
        return self


@st.composite
def worlds(draw: st.DrawFn, what: st.SearchStrategy[Happening] = happenings, clocks: tuple[str, ...] = CLOCKS) -> World:
    timezone, first = draw(st.sampled_from(PLACES))
    world = World(timezone, first)
    for printer in world.printers.values():
        printer.clock = draw(st.sampled_from(clocks))
    for day in draw(st.lists(st.tuples(what, what, what), min_size=4, max_size=16)):
        world.pass_day(day)
    return world


@given(
    worlds(),
    st.sampled_from(RULES),
    st.lists(st.tuples(st.integers(1, 16), st.integers(0, 6), st.integers(0, 12)), max_size=8),
)
def test_how_the_runs_fall_does_not_matter(world: World, counted_by: Rule, cuts: list[tuple[int, int, int]]) -> None:
    nightly = Collected(world, counted_by)
    for day in days(world.first + ONE_DAY, world.yesterday):
        nightly.run(day)
    backfilled = Collected(world, counted_by).run(world.yesterday)
    cut_off = Collected(world, counted_by)
    for number, commits, answered in cuts:
        cut_off.run(min(world.first + number * ONE_DAY, world.yesterday), commits=commits, answered=answered)
    cut_off.run(world.yesterday)

    assert nightly.store.snapshot() == backfilled.store.snapshot() == cut_off.store.snapshot()


AWAY_AND_BACK: tuple[Happening, ...] = (("idle", 0), ("idle", 0), ("unmanaged today", 10), ("prints", 10))


@given(worlds(st.sampled_from(AWAY_AND_BACK), clocks=("silent",)))
def test_the_ledger_and_its_model_agree_on_what_is_new_after_a_day_that_only_moved_rows(world: World) -> None:
    """A device that is out of scope on an open day moves its row; what is new is judged by the last day deposited."""
    feed, activation_date = Collected(world, RULES[0]), world.first + ONE_DAY
    model = ModelLedger(activation_date, world.timezone, RULES[0], CEILING)
    for _ in model.run(world.yesterday, lambda day: world.answer(day, RULES[0].meter)):
        pass

    assert feed.run(world.yesterday).store.snapshot() == model.snapshot()


@given(
    worlds(clocks=("tells", "tells", "silent", "placeholder")),
    st.sampled_from(RULES),
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=8),
)
def test_what_a_stale_dca_delivers_late_or_in_parts_makes_the_ledger_of_one_that_never_was(
    world: World, counted_by: Rule, nights: list[tuple[int, int]]
) -> None:
    """A clock that is ahead hides that its DCA is stale: what it says is as new every day."""
    feed, delivered = Collected(world, counted_by), 0
    for number, through in sorted(nights):
        delivered = max(delivered, min(through, number, len(world.truth) - 1))
        world.frozen = dict.fromkeys(DEVICES, delivered)
        feed.run(min(world.first + number * ONE_DAY, world.yesterday))
    world.frozen.clear()
    world.pass_day([("prints", 30)] * 3)
    feed.run(world.yesterday)

    never_stale = Collected(world, counted_by).run(world.yesterday)
    if never_stale.store.feed.synced_through == world.yesterday:  # else the last day had no news for either
        assert feed.store.snapshot() == never_stale.store.snapshot()


@given(worlds(), st.sampled_from(RULES), st.integers(2, 15))
def test_a_ledger_begun_later_and_moved_back_has_the_days_of_one_begun_early(
    world: World, counted_by: Rule, later: int
) -> None:
    activation_date = world.first + ONE_DAY
    moved = Collected(world, counted_by)
    moved.store.feed = FeedState.before_first_deposit(
        min(world.first + later * ONE_DAY, world.yesterday), world.timezone, counted_by, CEILING
    )
    moved.run(world.yesterday)
    if not moved.store.feed.has_deposits or moved.store.feed.activation_date == activation_date:
        return
    last_joined = moved.store.feed.activation_date - ONE_DAY
    after = dict(moved.store.deposits)

    moved.store.join(
        collect_earlier_days(moved.store.load(), activation_date, lambda day: world.answer(day, counted_by.meter))
    )

    check_invariants(moved.store)
    early = Collected(world, counted_by).run(world.yesterday)
    assert {day: moved.store.deposits[day] for day in after} == after
    assert all(
        moved.store.deposits[day] == early.store.deposits[day]
        for day in days(activation_date, min(last_joined, early.store.feed.synced_through))
    )


@given(worlds(st.sampled_from(BUSY)), st.sampled_from(RULES))
def test_the_ledger_and_its_model_agree_on_devices_that_print_more_than_any_machine_can(
    world: World, counted_by: Rule
) -> None:
    feed, activation_date = Collected(world, counted_by), world.first + ONE_DAY
    feed.store.feed = replace(feed.store.feed, ceiling=BUSY_CEILING)
    model = ModelLedger(activation_date, world.timezone, counted_by, BUSY_CEILING)
    for _ in model.run(world.yesterday, lambda day: world.answer(day, counted_by.meter)):
        pass

    feed.run(world.yesterday)

    assert feed.store.snapshot() == model.snapshot()


@given(st.lists(st.sampled_from([("prints", 1), ("prints", 50_000), *[("reaches", more) for more in (-1, 0, 1)]])))
def test_a_step_adds_up_to_50_000_pages_or_as_many_as_the_device_has_ever_counted(steps: list[Happening]) -> None:
    """What is held back is in the next step; `reaches` is printing that many more than the longest step that counts."""
    world = World(*PLACES[0])
    world.pass_day([("read again", 0)] * 3)
    counted = held_back = 0
    for what, pages in steps:
        longest = max(50_000, counted)
        printed = pages if what == "prints" else max(longest + pages - held_back, 0)
        world.pass_day([("prints", printed), ("idle", 0), ("read again", 0)])
        held_back += printed
        if held_back <= longest:
            counted, held_back = counted + held_back, 0
    feed = Collected(world, Rule("total", Scope.ALL))
    feed.store.feed = replace(feed.store.feed, ceiling=10**18)

    feed.run(world.yesterday)

    assert sum(feed.store.deposits.values()) == counted


DIPPING: tuple[Happening, ...] = (
    *[("prints", pages) for pages in (1, 10, 30)],
    ("idle", 0),
    ("unread", 0),
    *[("dips", 7)] * 3,
    *[("comes back", pages) for pages in (0, 1, 30)],
)


@given(
    st.sampled_from(PLACES),
    st.lists(st.tuples(*[st.sampled_from(DIPPING)] * 3), min_size=4, max_size=16),
    st.sampled_from(["tells", "silent"]),
    st.integers(0, 15),
)
def test_a_counter_that_comes_back_from_elsewhere_has_counted_what_was_printed_and_no_page_more(
    place: tuple[str, dt.date], happened: list[tuple[Happening, ...]], clock: str, nightly_through: int
) -> None:
    """However often it dips, and however often that was taken for a reset."""
    world = World(*place)
    begun = {"a": 1000, "b": 2000, "c": 3000}
    for key, printer in world.printers.items():
        printer.counter, printer.clock = begun[key], clock
    for day in ([("read again", 0)] * 3, *happened, [("comes back", 1)] * 3):
        world.pass_day(day)
    feed = Collected(world, Rule("total", Scope.ALL))
    feed.store.feed = replace(feed.store.feed, ceiling=10**6)
    for date in days(world.first + ONE_DAY, min(world.first + nightly_through * ONE_DAY, world.yesterday)):
        feed.run(date)
    feed.run(world.yesterday)

    for key, row in feed.store.devices.items():
        assert row.life_count == world.printers[key].counter - begun[key]


FALLING: tuple[Happening, ...] = (("dips", 1), ("prints", 1), ("prints", 10), ("prints", CEILING), ("comes back", 10))


@given(st.lists(st.sampled_from([1, 10]), min_size=1, max_size=3), st.lists(st.sampled_from(FALLING), min_size=1))
def test_what_is_remembered_of_resets_on_both_sides_of_the_activation_date_is_as_in_the_model(
    earlier: list[int], known: list[Happening]
) -> None:
    world = World(*PLACES[0])
    fall = [("read again", 0), ("read again", 0), ("dips", 7), *(("prints", pages) for pages in earlier)]
    for happening in (*fall, *known):
        world.pass_day([happening, ("read again", 0), ("read again", 0)])
    begun, counted_by = world.first + len(fall) * ONE_DAY, Rule("total", Scope.ALL)
    feed, model = Collected(world, counted_by), ModelLedger(begun, world.timezone, counted_by, CEILING)
    feed.store.feed = FeedState.before_first_deposit(begun, world.timezone, counted_by, CEILING)
    feed.run(world.yesterday)
    for _ in model.run(world.yesterday, lambda day: world.answer(day, "total")):
        pass

    activation_date = world.first + ONE_DAY
    feed.store.join(collect_earlier_days(feed.store.load(), activation_date, lambda day: world.answer(day, "total")))
    model.join_earlier_days(activation_date, lambda day: world.answer(day, "total"))

    check_invariants(feed.store)
    assert feed.store.snapshot() == model.snapshot()


HONEST: tuple[Happening, ...] = (
    ("prints", 1),
    ("prints", 30),
    ("prints", CEILING // 16),
    ("idle", 0),
    ("unread", 0),
    ("null", 0),
    ("invalid", 0),
    ("gone", 0),
)


@given(worlds(st.sampled_from(HONEST)), st.lists(st.tuples(st.integers(0, 15), st.sampled_from(BITS)), max_size=10))
def test_no_page_of_an_honest_counter_is_lost_or_counted_twice(world: World, stops: list[tuple[int, int]]) -> None:
    """However the DCA stops and delivers: what was printed between the first reading and the last is the sum."""
    feed = Collected(world, Rule("total", Scope.ALL))
    feed.store.feed = replace(feed.store.feed, ceiling=10**6)
    for number, which in sorted(stops):
        for bit, key in enumerate(DEVICES):
            world.frozen.pop(key, None)
            if which >> bit & 1:
                world.frozen[key] = min(number, len(world.truth) - 1)
        feed.run(min(world.first + number * ONE_DAY, world.yesterday))
    world.frozen.clear()
    world.pass_day([("prints", 1)] * 3)
    feed.run(world.yesterday)

    for key, row in feed.store.devices.items():
        counts = [reading.count for day in world.truth for reading in day["total"][key] if reading.count is not None]
        assert row.latest_count == counts[-1] == world.printers[key].counter
        assert row.initial_count in counts
        assert row.life_count <= counts[-1] - counts[0]
    assert set(feed.store.devices) == set(DEVICES)
    check_invariants(feed.store)


IN_AND_OUT: tuple[Happening, ...] = (
    *[("prints", 30)] * 2,
    ("unread", 0),
    ("gone", 0),
    *[("unmanaged today", 10)] * 2,
    ("unmanaged and unread", 10),
)


@given(worlds(st.sampled_from(IN_AND_OUT)), st.sampled_from(RULES), st.integers(2, 15), st.integers(0, 3))
def test_no_page_counts_that_was_not_printed_in_scope_since_the_activation_date(
    world: World, counted_by: Rule, later: int, joined_after: int
) -> None:
    """The bound is taken from the world alone: what each printer did on the days on which it was in scope."""
    counted_by = replace(counted_by, meter="total")
    feed = Collected(world, counted_by)
    activation_date = feed.store.feed.activation_date
    begun = min(world.first + later * ONE_DAY, world.yesterday)
    feed.store.feed = FeedState.before_first_deposit(begun, world.timezone, counted_by, CEILING)
    feed.run(min(begun + joined_after * ONE_DAY, world.yesterday))
    if feed.store.feed.has_deposits and begun > activation_date:
        feed.store.join(
            collect_earlier_days(feed.store.load(), activation_date, lambda day: world.answer(day, "total"))
        )
    feed.run(world.yesterday)

    for key, row in feed.store.devices.items():
        printed = world.printed_in_scope(key, counted_by.scope, feed.store.feed.activation_date)
        assert row.life_count <= printed
    check_invariants(feed.store)
