"""The options for a feed's settings: for `feed add`, whose help shows the defaults, and for `feed update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import complete

if TYPE_CHECKING:
    from prsync.services.feed_settings import FeedTexts

# All are texts, which a service parses: the same settings come from a CSV file with the same rules and messages. None
# means that an option was not given; the defaults are the service's, and here only shown.
ActivationDate = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="The first day to collect, also one in the past.", show_default="today"),
]
_SCOPES: Final = complete.one_of("all", "managed")
Scope = Annotated[
    str | None,
    typer.Option(metavar="all|managed", help="Whose pages count.", show_default="all", autocompletion=_SCOPES),
]
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
Language = Annotated[
    str | None,
    typer.Option(metavar="LANG", help="Of its certificates: en da de fr es sv nb nl.", show_default="the brand's"),
]
Paper = Annotated[
    str | None, typer.Option(metavar="a4|letter", help="Of its certificates.", show_default="the brand's")
]

Account = Annotated[str | None, typer.Option(metavar="UUID", help="Its account at PrintReleaf.", show_default="none")]
DeliverFrom = Annotated[
    str | None, typer.Option(metavar="DATE", help="Deposits are delivered from then on.", show_default="today")
]

# For `feed update`, whose help shows no default: a setting that is not given stays as it is.
NewActivationDate = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="An earlier one: the days before join in front.", show_default=False),
]
NewScope = Annotated[
    str | None,
    typer.Option(metavar="all|managed", help="Whose pages count.", show_default=False, autocompletion=_SCOPES),
]
NewMeter = Annotated[str | None, typer.Option(metavar="NAME", help="The counter.", show_default=False)]
NewTimezone = Annotated[
    str | None, typer.Option(metavar="TZ", help="Fixed with the first deposit.", show_default=False)
]
NewHolidays = Annotated[
    str | None, typer.Option(metavar="CC", help="A country or region; none for none.", show_default=False)
]
NewCeiling = Annotated[
    str | None, typer.Option(metavar="N", help="Pages a device may add between readings.", show_default=False)
]
NewLanguage = Annotated[
    str | None,
    typer.Option(metavar="LANG", help="en da de fr es sv nb nl; brand for the brand's.", show_default=False),
]
NewPaper = Annotated[
    str | None, typer.Option(metavar="a4|letter", help="Or brand for the brand's.", show_default=False)
]

NewAccount = Annotated[
    str | None, typer.Option(metavar="UUID", help="Its account at PrintReleaf; none for none.", show_default=False)
]
NewDeliverFrom = Annotated[
    str | None, typer.Option(metavar="DATE", help="Deposits are delivered from then on.", show_default=False)
]

_OPTIONS = {"account_id": "--account"}
"""The settings whose option has another name."""


def texts(**options: str | None) -> FeedTexts:
    """The settings that were given, as texts by setting, and how an error names each of them."""
    from prsync.services.feed_settings import FeedTexts

    return FeedTexts(
        texts={setting: text for setting, text in options.items() if text is not None},
        called=lambda setting: _OPTIONS.get(setting, f"--{setting.replace('_', '-')}"),
    )
