"""The lines about devices that two feeds of one server both have. 3manager may mean it so: a person has to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.core.text import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prsync.store.records import SharedDevices

_MOST_NAMED: Final = 5
"""Where a server gives every customer the same devices, each feed shares them with another."""


def shared_device_lines(found: Sequence[SharedDevices]) -> Iterator[str]:
    """A line for each two feeds, and one for those that are too many to be named."""
    for shared in found[:_MOST_NAMED]:
        count = "counts" if shared.devices == 1 else "count"
        devices = quantity(shared.devices, "device")
        yield f"{devices} of server {shared.server} {count} in both feed {shared.feed} and feed {shared.other_feed}"
    if len(found) > _MOST_NAMED:
        more = quantity(len(found) - _MOST_NAMED, "more feed")
        question = "does the server heed the organization that it is asked for?"
        yield f"{more} share devices with another; {question} (devices.path in the profile)"
