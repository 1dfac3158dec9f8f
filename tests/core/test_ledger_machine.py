"""The ledger against a second one, in a world where everything happens that may happen to a feed.

After every step the five invariants are checked and the ledger is compared with `ledger_model`. What was reached is
counted: a state machine that never gets anywhere proves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.core.device_history import ONE_DAY
from tests.core.ledger_model import ModelLedger
from tests.core.memory_store import MemoryStore, check_invariants
from tests.core.reached import EXPECTED, count_step, reached
from tests.core.world import (
    BITS,
    BUSY_CEILING,
    CEILING,
    CLOCKS,
    DEVICES,
    IDLE,
    PLACES,
    RULES,
    Happening,
    ServerDownError,
    World,
    a_busy_day,
    a_day,
    happenings,
    some_devices,
)

from prsync.core.answers import ANSWERS_KEPT
from prsync.core.decisions import accept, pages_accepting_adds, reject
from prsync.core.earlier_days import collect_earlier_days
from prsync.core.feed_run import collect_days
from prsync.core.model import Anomaly, AnomalyKind, AnomalyState, FeedState, OpenDay, Reading, Rule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable


READ_FROM_ELSEWHERE: dict[int, Happening] = {1: ("read again", 0), 2: ("dips", 7), 3: ("prints", 10), 4: ("invalid", 0)}
"""What a device does on the days before the activation date."""


class LedgerMachine(RuleBasedStateMachine):
    """One feed, three devices, and all that may happen to them."""

    @initialize(
        place=st.sampled_from(PLACES),
        counted_by=st.sampled_from(RULES),
        clocks=st.tuples(*[st.sampled_from(CLOCKS)] * 3),
        unmanaged=st.sampled_from([0, 0, *BITS]),
        gone_since=st.sampled_from([0, 0, *BITS]),
        past=st.lists(a_day, min_size=8, max_size=8),
        begins_quietly=st.booleans(),
        ceiling=st.sampled_from([CEILING, CEILING, BUSY_CEILING]),
        elsewhere=st.sampled_from([0, 0, *BITS]),
    )
    def a_feed_is_added(
        self,
        place: tuple[str, dt.date],
        counted_by: Rule,
        clocks: tuple[str, ...],
        unmanaged: int,
        gone_since: int,
        past: list[tuple[Happening, ...]],
        *,
        begins_quietly: bool,
        ceiling: int,
        elsewhere: int,
    ) -> None:
        reached["example"] += 1
        timezone, first = place
        self.world = World(timezone, first)
        for bit, (printer, clock) in enumerate(zip(self.world.printers.values(), clocks, strict=True)):
            printer.clock = clock
            printer.managed = not unmanaged >> bit & 1
        before_activation = 5
        for number, day in enumerate(past):
            if number == before_activation - 1:
                for bit, printer in enumerate(self.world.printers.values()):
                    printer.here = not gone_since >> bit & 1
            lived = list(IDLE if begins_quietly and number >= before_activation else day)
            # Some are read from elsewhere before the activation date: its moving earlier then finds a reset.
            for bit in range(len(DEVICES)):
                if elsewhere >> bit & 1 and number in READ_FROM_ELSEWHERE:
                    lived[bit] = READ_FROM_ELSEWHERE[number]
            self.world.pass_day(lived)
        activation_date = first + before_activation * ONE_DAY
        self.store = MemoryStore(FeedState.before_first_deposit(activation_date, timezone, counted_by, ceiling))
        self.model = ModelLedger(activation_date, timezone, counted_by, ceiling)
        self.written: dict[dt.date, int] = {}

    # Nights

    @rule(day=a_day)
    def a_night(self, day: tuple[Happening, ...]) -> None:
        self.world.pass_day(day)
        self._run()

    @rule(day=a_day)
    def a_night_off(self, day: tuple[Happening, ...]) -> None:
        self.world.pass_day(day)

    @rule(several=st.lists(a_day, min_size=2, max_size=4))
    def several_days_at_once(self, several: list[tuple[Happening, ...]]) -> None:
        for day in several:
            self.world.pass_day(day)
        self._run()

    @rule(number=st.sampled_from([1, 2, 3]))
    def quiet_nights(self, number: int) -> None:
        for _ in range(number):
            self.world.pass_day(IDLE)
            self._run()

    @rule(day=a_day, answered=st.sampled_from(range(6)))
    def the_server_goes_down(self, day: tuple[Happening, ...], answered: int) -> None:
        self.world.pass_day(day)
        self._run(answered=answered)

    @rule(several=st.lists(a_day, min_size=1, max_size=3), commits=st.sampled_from(range(3)))
    def the_process_dies(self, several: list[tuple[Happening, ...]], commits: int) -> None:
        for day in several:
            self.world.pass_day(day)
        self._run(commits=commits)

    @rule(
        number=st.sampled_from(range(len(DEVICES))),
        on_the_way=st.lists(happenings, max_size=2),
        back=st.sampled_from([0, 10, 30, CEILING + 1, CEILING + 40]),
        nightly=st.booleans(),
    )
    def a_counter_is_read_from_elsewhere_for_some_days(
        self, number: int, on_the_way: list[Happening], back: int, *, nightly: bool
    ) -> None:
        for happening in (("dips", 7), ("prints", 10), *on_the_way, ("comes back", back)):
            day = list(IDLE)
            day[number] = happening
            self.world.pass_day(day)
            if nightly:
                self._run()

    @rule(several=st.lists(a_busy_day, min_size=2, max_size=4))
    def busy_nights(self, several: list[tuple[Happening, ...]]) -> None:
        for day in several:
            self.world.pass_day(day)
            self._run()

    @rule(days_ahead=st.sampled_from([1, 3, 20]))
    def the_clock_was_ahead(self, days_ahead: int) -> None:
        """What a run asked for that night brought nothing new, but was not over yet."""
        looked_through = max(self.store.feed.looked_through, self.world.yesterday) + days_ahead * ONE_DAY
        self.store.feed = replace(self.store.feed, looked_through=looked_through)
        self.model.looked_through = looked_through
        self._run()

    @rule()
    def the_run_is_started_again(self) -> None:
        self._run()
        before = self.store.snapshot()
        self._run()
        assert self.store.snapshot() == before

    # The devices and their DCA

    @rule(which=some_devices)
    def the_dca_stops(self, which: int) -> None:
        for bit, key in enumerate(DEVICES):
            if which >> bit & 1:
                self.world.frozen.setdefault(key, len(self.world.truth) - 1)

    @precondition(lambda self: self.world.frozen)
    @rule(which=some_devices)
    def the_dca_delivers(self, which: int) -> None:
        for bit, key in enumerate(DEVICES):
            if which >> bit & 1:
                self.world.frozen.pop(key, None)

    @precondition(lambda self: self.world.frozen)
    @rule(days_more=st.sampled_from([1, 1, 2, 3]))
    def the_dca_delivers_a_part(self, days_more: int) -> None:
        for key, until in self.world.frozen.items():
            self.world.frozen[key] = min(until + days_more, len(self.world.truth) - 1)

    @rule(key=st.sampled_from(DEVICES))
    def managed_is_flipped(self, key: str) -> None:
        self.world.printers[key].managed ^= True

    @rule(key=st.sampled_from(DEVICES))
    def a_device_vanishes_or_returns(self, key: str) -> None:
        self.world.printers[key].here ^= True

    @rule(key=st.sampled_from(DEVICES), clock=st.sampled_from(CLOCKS))
    def another_clock(self, key: str, clock: str) -> None:
        self.world.printers[key].clock = clock

    # The person

    @rule(counted_by=st.sampled_from(RULES))
    def meter_or_scope_changes(self, counted_by: Rule) -> None:
        self._change(counted_by)

    def _change(self, counted_by: Rule) -> None:
        feed = self.store.feed
        if feed.rule != feed.deposited_rule == counted_by:
            reached["rule changed back"] += 1
        self.store.feed = replace(feed, rule=counted_by)
        self.model.rule = counted_by

    @rule(ceiling=st.sampled_from([CEILING, CEILING, CEILING // 2]))
    def the_ceiling_changes(self, ceiling: int) -> None:
        self.store.feed = replace(self.store.feed, ceiling=ceiling)
        self.model.ceiling = ceiling

    @precondition(lambda self: self.store.feed.activation_date > self.world.first + ONE_DAY)
    @rule(
        earlier=st.sampled_from([1, 2, 4]),
        meanwhile=st.sampled_from([None, None, *RULES]),
        reset_by_then=st.sampled_from([None, *range(len(DEVICES))]),
    )
    def the_activation_date_moves_earlier(
        self, earlier: int, meanwhile: Rule | None, reset_by_then: int | None
    ) -> None:
        """It may also happen between a change of meter or scope and the day on which that is taken back."""
        if reset_by_then is not None:
            for happening in (("dips", 1), ("prints", 1)):
                day = list(IDLE)
                day[reset_by_then] = happening
                self.world.pass_day(day)
            self._run()
        before = self.store.feed.rule
        self._change(meanwhile or before)
        self._move_activation_date(earlier)
        self._change(before)

    def _move_activation_date(self, earlier: int) -> None:
        feed = self.store.feed
        activation_date = max(feed.activation_date - earlier * ONE_DAY, self.world.first + ONE_DAY)
        if not feed.has_deposits:
            reached["activation moved before the first deposit"] += 1
            baseline_day = activation_date - ONE_DAY
            self.store.feed = replace(
                feed, activation_date=activation_date, synced_through=baseline_day, looked_through=baseline_day
            )
            self.model.activate(activation_date)
            return
        joined = collect_earlier_days(self.store.load(), activation_date, self._asks())
        before = self.store.snapshot()
        self.store.join(joined)
        self.model.join_earlier_days(activation_date, self._asks())
        reached["earlier days joined"] += 1
        reached["earlier days with pages"] += any(deposit.pages for deposit in joined.deposits)
        reached["earlier days with a device of their own"] += any(
            row.device_id not in before.devices for row in joined.devices
        )
        remembered = [one for one in joined.anomalies if one.reset is not None]
        reached["reset of earlier days remembered"] += any(one.device_id in before.devices for one in remembered)
        reached["anomaly of earlier days already recorded"] += any(
            one.key in before.anomalies for one in joined.anomalies
        )

    @precondition(lambda self: any(anomaly.count is not None for anomaly in self._open_anomalies()))
    @rule(number=st.sampled_from(range(3)))
    def a_held_reading_is_accepted(self, number: int) -> None:
        held = [anomaly for anomaly in self._open_anomalies() if anomaly.count is not None]
        self._decide(held[-1 - number % len(held)], accepted=True)

    @precondition(lambda self: any(anomaly.count is not None for anomaly in self._open_anomalies()))
    @rule(number=st.sampled_from(range(3)))
    def a_held_reading_is_rejected(self, number: int) -> None:
        held = [anomaly for anomaly in self._open_anomalies() if anomaly.count is not None]
        self._decide(held[-1 - number % len(held)], accepted=False)

    @rule(number=st.sampled_from(range(len(DEVICES))))
    def an_invalid_reading_is_rejected(self, number: int) -> None:
        day = [("read again", 0)] * len(DEVICES)
        day[number] = ("invalid", 0)
        self.world.pass_day(day)
        self._run()
        invalid = [anomaly for anomaly in self._open_anomalies() if anomaly.count is None]
        if invalid:
            self._decide(invalid[-1], accepted=False)

    def _decide(self, anomaly: Anomaly, *, accepted: bool) -> None:
        state = self.store.load()
        row = state.devices.get(anomaly.device_id)
        remembered = state.resets.get(anomaly.device_id)
        reset = remembered.reset if remembered is not None else None
        adds = pages_accepting_adds(anomaly, row.latest_count if row is not None else None, reset)
        assert (adds is None) == (anomaly.kind is AnomalyKind.INVALID_READING)
        assert ((adds or 0) > 0) == (anomaly.kind is AnomalyKind.COUNTER_JUMPED)
        decided = (accept if accepted else reject)(state, anomaly)
        self.store.decide(decided)
        reached["reset forgotten by a person"] += decided.forgotten is not None
        returned = reset is not None and anomaly.kind is AnomalyKind.COUNTER_JUMPED
        reached["return decided by a person"] += returned and (anomaly.count or 0) >= (reset.fell_from if reset else 0)
        self.model.decide(anomaly.key, accepted=accepted)
        kind = {"counter_dropped": "drop", "counter_jumped": "jump", "invalid_reading": "invalid"}[anomaly.kind]
        reached[f"{kind} {'accepted' if accepted else 'rejected'}"] += 1

    def _open_anomalies(self) -> list[Anomaly]:
        return [anomaly for anomaly in self.store.anomalies.values() if anomaly.state is AnomalyState.OPEN]

    def _asks(self) -> Callable[[dt.date], list[Reading]]:
        meter = self.store.feed.rule.meter
        return lambda day: self.world.answer(day, meter)

    def _run(self, *, answered: int = 10**9, commits: int = 10**9) -> None:
        """Run once; the server goes down after so many answers, or the process dies after so many commits."""
        through, answer = self.world.yesterday, self._asks()
        asked: list[dt.date] = []

        def ask(day: dt.date) -> list[Reading]:
            assert day not in asked or len(set(asked)) > ANSWERS_KEPT, "a day asked for twice in one run"
            if len(asked) == answered:
                raise ServerDownError
            asked.append(day)
            return answer(day)

        reached["run with prior state"] += self.store.feed.has_deposits
        looked_through = self.store.feed.looked_through_at(through)
        reached["looked at again"] += looked_through < self.store.feed.looked_through
        self.store.feed = replace(self.store.feed, looked_through=looked_through)
        run = collect_days(self.store.load(), through, ask)
        model = self.model.run(through, answer)
        committed = 0
        try:
            for step in run:
                if committed == commits:
                    reached["death between asking and committing"] += 1
                    reached["death after a commit"] += committed > 0
                    return
                assert next(model) == ("looked" if isinstance(step, OpenDay) else "deposited")
                before, deposited_rule = self.store.snapshot(), self.store.feed.deposited_rule
                self.store.apply(step)
                self._check()
                committed += 1
                reached["commit"] += 1
                count_step(self.world, step, before, deposited_rule)
        except ServerDownError:
            reached["server down part-way"] += 1
            return
        assert next(model, None) is None

    @invariant()
    def all_is_well(self) -> None:
        reached["rule"] += 1
        self._check()

    def _check(self) -> None:
        check_invariants(self.store)
        for date, pages in self.written.items():
            assert self.store.deposits[date] == pages, "a deposit has changed"
        self.written = dict(self.store.deposits)
        assert self.store.snapshot() == self.model.snapshot()

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        for key in DEVICES:  # in the end everything arrives
            self.world.frozen.pop(key, None)
        self.world.pass_day([("prints", 1)] * 3)
        self._run()
        assert self.store.feed.looked_through == self.world.yesterday


def test_the_ledger_and_its_model_agree_whatever_happens() -> None:
    reached.clear()
    run_state_machine_as_test(LedgerMachine)
    hundreds = reached["example"] / 100
    print({name: reached[name] for name in ("example", *EXPECTED)})
    rare = {name: reached[name] for name, expected in EXPECTED.items() if reached[name] < expected * hundreds}
    # A hunt for planted bugs is over after a few examples; only a whole run has to have been everywhere.
    assert not rare or settings().max_examples < 500, f"of {reached['example']} examples too few reached these"
