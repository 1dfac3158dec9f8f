"""What the state machine has reached: one that never gets anywhere proves nothing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.core.device_history import ONE_DAY

from prsync.core.model import Anomaly, AnomalyKind, AnomalyState, DepositedDays, OpenDay, Rule, Scope

if TYPE_CHECKING:
    from tests.core.device_history import Key
    from tests.core.ledger_model import Snapshot
    from tests.core.world import (
        World,
    )


RETURNED, JUMPED = AnomalyKind.COUNTER_RETURNED, AnomalyKind.COUNTER_JUMPED

reached: Counter[str] = Counter()

# How often, in a hundred examples, each of these has to be reached at the least. Runs differ by up to a factor of five
# in what is rare, and what Hypothesis draws changes with any module that is imported: the bounds leave room for both.
EXPECTED = {
    "rule": 4000,
    "commit": 2000,
    "run with prior state": 1500,
    "deposit with prior state": 800,
    "looked at without new data": 500,
    "several open days gone through": 70,
    "first deposit over several open days": 10,
    "late delivery on an open day": 20,
    "days left open after a part": 8,
    "server down part-way": 50,
    "death between asking and committing": 80,
    "death after a commit": 50,
    "drop held": 200,
    "jump held": 100,
    "another held instead": 70,
    "reset closed": 70,
    "transient closed": 200,
    "invalid reported": 50,
    "repeat while held": 100,
    "left scope": 12,
    "back in scope": 12,
    "moved by a new rule": 50,
    "rule changed back": 8,
    "read_at ahead": 200,
    "no read_at": 400,
    "duplicates": 40,
    "jump accepted": 6,
    "accepted pages deposited": 6,
    "drop accepted": 10,
    "jump rejected": 6,
    "drop rejected": 10,
    "invalid rejected": 10,
    "rejected remembered until the next reading": 12,
    "earlier days joined": 20,
    "earlier days with pages": 12,
    "earlier days with a device of their own": 4,
    "anomaly of earlier days already recorded": 0.1,
    "activation moved before the first deposit": 5,
    "returned": 20,
    "reset after a reset": 12,
    "pages added since a reset": 40,
    "printed its way back": 6,
    "reset forgotten where a row moved": 15,
    "reset forgotten by a person": 3,
    "held as a jump when it came back": 30,
    "jump below where it fell from": 10,
    "return decided by a person": 2,
    "reset of earlier days remembered": 0.1,
    "looked at again": 40,
}


def count_step(world: World, step: OpenDay | DepositedDays, before: Snapshot, deposited_rule: Rule | None) -> None:
    """Count what a step of a run has reached; `before` and `deposited_rule` are the ledger's before it."""
    if isinstance(step, OpenDay):
        reached["looked at without new data"] += 1
        return
    had_deposits = bool(before.deposits)
    reached["deposit with prior state"] += had_deposits
    reached["several open days gone through"] += had_deposits and len(step.deposits) > 2
    reached["first deposit over several open days"] += not had_deposits and len(step.deposits) > 2
    reached["days left open after a part"] += step.state.synced_through < step.state.looked_through
    reached["late delivery on an open day"] += any(
        deposit.pages for deposit in step.deposits[:-1] if deposit.date <= before.looked_through
    )
    _count_readings(world, step)
    for row in step.devices:
        managed = before.devices.get(row.device_id, (None, 0, 0))[0]
        if step.state.rule.scope is Scope.MANAGED:
            reached["left scope"] += managed is True and row.managed is False
            reached["back in scope"] += managed is False and row.managed is True
        by_new_rule = managed is None or step.state.rule != deposited_rule
        reached["moved by a new rule"] += row.device_id in before.devices and by_new_rule and row.managed is not None
    for anomaly in step.anomalies:
        _count_anomaly(anomaly, before.anomalies.get(anomaly.key))
        _count_reset(anomaly, before.anomalies, step)


def _count_readings(world: World, step: DepositedDays) -> None:
    day = step.deposits[-1].date
    answer = world.answer(day, step.state.rule.meter)
    noon_after = dt.datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(world.timezone)) + ONE_DAY
    reached["duplicates"] += len({reading.device_id for reading in answer}) < len(answer)
    for reading in answer:
        reached["no read_at"] += reading.read_at is None
        reached["read_at ahead"] += reading.read_at is not None and reading.read_at > noon_after
        held = step.state.held.get(reading.device_id)
        reached["repeat while held"] += held is not None and held.date < day and reading.read_at == held.read_at


def _count_reset(anomaly: Anomaly, before: dict[Key, Anomaly], step: DepositedDays) -> None:
    known = before.get(anomaly.key)
    known_reset = known.reset if known is not None else None
    if anomaly.reset is not None:
        others = (one for one in before.values() if one.device_id == anomaly.device_id and one.key != anomaly.key)
        reached["reset after a reset"] += any(one.reset is not None for one in others)
        reached["pages added since a reset"] += known_reset is not None and anomaly.reset != known_reset
    elif known_reset is not None:
        row = step.state.devices[anomaly.device_id]
        told = any(one.kind is RETURNED and one.device_id == anomaly.device_id for one in step.anomalies)
        is_back = row.latest_count >= known_reset.fell_from
        reached["printed its way back"] += is_back and not told and anomaly.device_id not in step.state.resets
        reached["reset forgotten where a row moved"] += row.latest_count < known_reset.fell_from
    remembered = step.state.resets.get(anomaly.device_id)
    if anomaly.kind is JUMPED and remembered is not None and remembered.reset is not None:
        is_back = anomaly.count is not None and anomaly.count >= remembered.reset.fell_from
        reached["held as a jump when it came back"] += is_back
        reached["jump below where it fell from"] += not is_back


def _count_anomaly(anomaly: Anomaly, known: Anomaly | None) -> None:
    if known is None:
        kind = {"counter_dropped": "drop held", "counter_jumped": "jump held", "counter_returned": "returned"}
        reached[kind.get(anomaly.kind, "invalid reported")] += 1
    elif known.state is AnomalyState.OPEN is anomaly.state:
        reached["another held instead"] += 1
    if anomaly.state in {AnomalyState.RESET, AnomalyState.TRANSIENT}:
        reached[f"{anomaly.state} closed"] += 1
    elif known is not None and anomaly.settled_on is not None:
        accepted = anomaly.state is AnomalyState.ACCEPTED
        reached["accepted pages deposited" if accepted else "rejected remembered until the next reading"] += 1
