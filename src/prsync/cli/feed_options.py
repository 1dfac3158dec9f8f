"""The options that say what a feed is like: with their defaults for `feed add`, without for `feed update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from prsync.services.feed_settings import FeedTexts

ActivationDate = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="The first day to collect, also one in the past.", show_default="today"),
]
Scope = Annotated[str | None, typer.Option(metavar="all|managed", help="Whose pages count.", show_default="all")]
Meter = Annotated[str | None, typer.Option(metavar="NAME", help="The counter.", show_default="totalPages")]
Timezone = Annotated[
    str | None, typer.Option(metavar="TZ", help="Whose days are collected.", show_default="the system's")
]
Holidays = Annotated[
    str | None,
    typer.Option(metavar="CC", help="A country, or a region as DE-BY; none for none.", show_default="none"),
]
Ceiling = Annotated[
    str | None,
    typer.Option(metavar="N", help="Pages one device may add between readings.", show_default="500000"),
]

OtherActivationDate = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="An earlier one: the days before join in front.", show_default=False),
]
OtherScope = Annotated[str | None, typer.Option(metavar="all|managed", help="Whose pages count.", show_default=False)]
OtherMeter = Annotated[str | None, typer.Option(metavar="NAME", help="The counter.", show_default=False)]
OtherTimezone = Annotated[
    str | None, typer.Option(metavar="TZ", help="Fixed with the first deposit.", show_default=False)
]
OtherHolidays = Annotated[
    str | None, typer.Option(metavar="CC", help="A country or region; none for none.", show_default=False)
]
OtherCeiling = Annotated[
    str | None, typer.Option(metavar="N", help="Pages a device may add between readings.", show_default=False)
]


def texts(**options: str | None) -> FeedTexts:
    """What was given of a feed's settings, by setting."""
    from prsync.services.feed_settings import FeedTexts

    return FeedTexts(
        texts={setting: text for setting, text in options.items() if text is not None},
        called=lambda setting: f"--{setting.replace('_', '-')}",
    )
