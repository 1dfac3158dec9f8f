"""Resets that may have been none: a counter that is read from elsewhere for some days, and then right again.

Only a reset that the readings alone have decided is remembered, with its anomaly, until the counter comes back to
where it fell from or the device is moved without counting. As long as it is, LatestCount is below `fell_from`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prsync.core.model import RememberedReset

if TYPE_CHECKING:
    from prsync.core.model import Anomaly


def has_returned(reset: RememberedReset | None, latest_count: int, count: int) -> bool:
    """Whether `count` shows that there was no reset: it is back where the counter fell from, but not page by page.

    A counter that was reset gets there by printing. Its step is then no longer than what it has counted on the way.
    """
    if reset is None or count < reset.fell_from:
        return False
    return count - latest_count > reset.pages_since


def pages_added(reset: RememberedReset | None, latest_count: int, count: int) -> int:
    """The pages that `count`, at or above LatestCount, adds to a device of which this reset is remembered, if any."""
    if reset is not None and has_returned(reset, latest_count, count):
        # What was counted since the reset is a part of what the counter was away for, and must not count twice.
        return max(count - reset.fell_from - reset.pages_since, 0)
    return count - latest_count


def remembering(closed_drop: Anomaly, fell_from: int, pages: int, before: Anomaly | None) -> Anomaly:
    """The drop that was closed as a reset, with what is remembered of it, and of the one remembered before it."""
    if before is not None and before.reset is not None:
        fell_from = max(fell_from, before.reset.fell_from)
        pages += before.reset.pages_since
    return replace(closed_drop, reset=RememberedReset(fell_from, pages))


def after_counting(remembered: Anomaly, count: int, pages: int) -> Anomaly:
    """The anomaly of a remembered reset when `pages` more were counted up to `count`: forgotten where it is back."""
    if remembered.reset is None or count >= remembered.reset.fell_from:
        return forgotten(remembered)
    pages_since = remembered.reset.pages_since + pages
    return replace(remembered, reset=replace(remembered.reset, pages_since=pages_since))


def forgotten(remembered: Anomaly) -> Anomaly:
    """The anomaly without its reset."""
    return replace(remembered, reset=None)
