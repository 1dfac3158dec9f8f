"""The options that say what a feed is like: with their defaults for `feed add`, without for `feed update`."""

from __future__ import annotations

from typing import Annotated

import typer

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


def given(
    name: str | None,
    activation_date: str | None,
    scope: str | None,
    meter: str | None,
    timezone: str | None,
    holidays: str | None,
    ceiling: str | None,
) -> dict[str, str]:
    """What was given of a feed's settings, by column."""
    texts = {
        "name": name,
        "activation_date": activation_date,
        "scope": scope,
        "meter": meter,
        "timezone": timezone,
        "holidays": holidays,
        "ceiling": ceiling,
    }
    return {column: text for column, text in texts.items() if text is not None}


def option(column: str) -> str:
    """What a column is called on the command line."""
    return f"--{column.replace('_', '-')}"
