"""What is printed on a certificate, word for word: the figures and dates of its facts, in its language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_decimal

from prsync.certificates.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from prsync.certificates.languages import Language
    from prsync.core.model import Deposit, Month


_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of the page but for the names. They are part of the facts: words changed later change no certificate.

    `before` and `after` stand before and after the name. `provisional` and `replaces` are empty where the certificate
    is not so; `month` is for the file's properties.
    """

    title: str
    before: str
    after: str
    trees: str
    unit: str
    totals: tuple[str, ...]
    most_pages: str
    pages_a_day: str
    issued_on: str
    provisional: str
    replaces: str
    scan: str
    small_print: tuple[str, ...]
    month: str
    sample: str

    @classmethod
    def from_document(cls, kept: Mapping[str, object]) -> Words:
        """From the JSON object that the facts keep."""
        return cls(**{name: tuple(text) if isinstance(text, list) else text for name, text in kept.items()})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFigures:
    """What a certificate says of its month.

    `totals` are the trees of the month's year, those since the customer has joined, and the day on which they have.
    """

    month: Month
    first_day: date
    last_day: date
    days: Sequence[Deposit]
    provisional: bool
    pages: int
    trees: Decimal
    pages_per_tree: int
    issued_on: date
    revision: int
    replaces: str | None
    totals: tuple[Decimal, Decimal, date] | None


def words_in(language: str, figures: MonthFigures) -> Words:
    """The words of a certificate in one of LANGUAGES."""
    speech = _Speech(LANGUAGES[language])
    own = speech.language
    pages = speech.counted(own.pages, figures.pages, count=speech.number(figures.pages))
    return Words(
        title=own.title,
        before=own.before,
        after=own.after.format(month=_period(speech, figures)),
        trees=_trees(speech, figures),
        unit=speech.counted(own.trees, figures.trees, pages=pages),
        totals=_totals(speech, figures),
        most_pages=speech.number(max((day.pages for day in figures.days), default=0)),
        pages_a_day=own.pages_a_day,
        issued_on=own.issued.format(day=speech.day(figures.issued_on)),
        provisional=_provisional(speech, figures),
        replaces=own.replaces.format(revision=figures.revision, number=figures.replaces) if figures.replaces else "",
        scan=own.scan,
        small_print=(own.basis.format(pages_per_tree=speech.number(figures.pages_per_tree)), own.no_claim),
        month=speech.month(figures.month.first_day),
        sample=own.sample,
    )


def _trees(speech: _Speech, figures: MonthFigures) -> str:
    """The figure; of so few pages that it would be 0.00, that it is less than a hundredth."""
    if figures.pages and not figures.trees:
        return f"<\N{NARROW NO-BREAK SPACE}{speech.trees(_HUNDREDTH)}"
    return speech.trees(figures.trees)


def _period(speech: _Speech, figures: MonthFigures) -> str:
    """The month, and of one that is not certified from end to end, from which day to which."""
    month = speech.month(figures.month.first_day)
    if figures.first_day == figures.month.first_day and figures.last_day == figures.month.last_day:
        return month
    return f"{month} ({speech.days_of_month(figures.first_day, figures.last_day)})"


def _provisional(speech: _Speech, figures: MonthFigures) -> str:
    if not figures.provisional:
        return ""
    if not figures.days:
        return speech.language.no_day_yet
    return speech.language.provisional.format(days=speech.days(figures.days[0].date, figures.days[-1].date))


def _totals(speech: _Speech, figures: MonthFigures) -> tuple[str, ...]:
    if figures.totals is None:
        return ()
    of_year, since, joined = figures.totals
    if not of_year:  # of a few pages: nothing to be proud of
        return ()
    whole_year = speech.language.of_year.format(trees=speech.trees(of_year), year=figures.month.year)
    # In a customer's first year both are one figure, which is said once.
    if since == of_year:
        return (whole_year,)
    return whole_year, speech.language.since.format(trees=speech.trees(since), month=speech.month(joined))


@dataclass(frozen=True, slots=True)
class _Speech:
    """How a language writes numbers and dates."""

    language: Language

    def number(self, number: int) -> str:
        is_grouped = number >= self.language.least_grouped
        return format_decimal(number, locale=_locale(self.language.locale), group_separator=is_grouped)

    def trees(self, trees: Decimal) -> str:
        # Every figure: by itself, Babel would round what has more than 28 of them.
        return format_decimal(
            trees,
            format="#,##0.00",
            locale=_locale(self.language.locale),
            decimal_quantization=False,
            group_separator=trees >= self.language.least_grouped,
        )

    def counted(self, forms: Mapping[str, str], number: int | Decimal, /, **values: str) -> str:
        form = _locale(self.language.locale).plural_form(number)
        return forms.get(form, forms["other"]).format(**values)

    def month(self, day: date) -> str:
        return format_skeleton("yMMMM", day, locale=_locale(self.language.locale))

    def day(self, day: date) -> str:
        return self._first(format_date(day, "long", locale=_locale(self.language.locale)))

    def days(self, first: date, last: date) -> str:
        if first == last:
            return self.day(first)
        return self._interval(first, last, "yMMMd")

    def days_of_month(self, first: date, last: date) -> str:
        """The days' numbers alone, in the form of the language."""
        if first == last:
            return self._first(format_skeleton("d", first, locale=_locale(self.language.locale)))
        return self._interval(first, last, "d")

    def _interval(self, first: date, last: date, skeleton: str) -> str:
        text = format_interval(first, last, skeleton=skeleton, locale=_locale(self.language.locale))
        # Between figures there are no blanks.
        return self._first(re.sub(r"(?<=[\d.])[\u2009 ](\u2013)[\u2009 ](?=\d)", r"\1", text))

    def _first(self, text: str) -> str:
        """A text whose first day has its ordinal, where the language has one for the first of a month."""
        return re.sub(r"^1(?=[ \u2013]|$)", self.language.first, text)


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)
