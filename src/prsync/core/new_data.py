"""What a day's readings tell that was not known at the last deposit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.core.readings import is_in_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prsync.core.model import FeedState, Reading, Scope


def new_data(deposited: FeedState, readings: Iterable[Reading]) -> Iterator[Reading]:
    """Those of a day's readings that are new data. `deposited` is the feed's state as of its last deposit.

    New data is a reading of a device in scope, with a count, whose read_at is later than the feed's last_data_at.
    Where the server gives no read_at: a count that differs from LatestCount and from a held count, or a new device.
    """
    for reading in readings_in_scope(readings, deposited.rule.scope):
        if reading.count is not None and _is_new(deposited, reading):
            yield reading


def _is_new(deposited: FeedState, reading: Reading) -> bool:
    if reading.read_at is not None:
        return deposited.last_data_at is None or reading.read_at > deposited.last_data_at
    device, held = deposited.devices.get(reading.device_id), deposited.held.get(reading.device_id)
    if device is None:
        return True
    # A held count is answered again every day: were it new each time, no day would stay open for what comes late.
    return reading.count != device.latest_count and (held is None or reading.count != held.count)


def readings_in_scope(readings: Iterable[Reading], scope: Scope) -> Iterator[Reading]:
    """Those whose pages may count."""
    return (reading for reading in readings if is_in_scope(reading, scope))


def count_unread(readings: Iterable[Reading], scope: Scope) -> int:
    """Devices in scope whose counter nobody could read."""
    return sum(reading.count is None and not reading.invalid for reading in readings_in_scope(readings, scope))
