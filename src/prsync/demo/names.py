"""Names of customers: as many as asked for, no two alike, none of them easy."""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST: Final = (
    "Ærø Færger",
    "Łódź Logistyka",
    "Smith & Sons Ltd",
    'Café "Le Coq"',
    "O'Brien <Print> Partners",
    "Müller GmbH & Co. KG",
    "Nielsen; Holm, Advokater",
    "Åkerö Bygg AB",
    "東京商事",
    "Ελληνικά Πλοία",
    "Çelik İnşaat",
    "100% Økologi",
)
_FAMILIES: Final = (
    "Andersen", "Bjørk", "Castro", "Dvořák", "Eriksson", "Fischer", "Grønbæk", "Hansen", "Ibsen", "Jönsson",
    "Kowalski", "Lefèvre", "Moreau", "Nowak", "Østergaard", "Petersen", "Quist", "Rossi", "Søndergaard", "Tóth",
)  # fmt: skip
_TRADES: Final = (
    "Arkitekter", "Bogtryk", "Consulting", "Dental", "Ejendomme", "Foods", "Gymnasium", "Hospital", "Insurance",
    "Kommune", "Logistik", "Maskinfabrik", "Notariat", "Optik", "Pharma", "Revision", "Shipping", "Tandklinik",
    "Universitet", "Wind",
)  # fmt: skip


def names(number: int) -> list[str]:
    """The first `number` names; always the same ones, in the same order."""
    return list(islice(_all(), number))


def _all() -> Iterator[str]:
    yield from _FIRST
    pairs = [(family, trade) for trade in _TRADES for family in _FAMILIES]
    # Seven and the number of pairs have no common divisor: each comes once, and neighbours do not look alike.
    mixed = [pairs[7 * position % len(pairs)] for position in range(len(pairs))]
    yield from (f"{family} {trade}" for family, trade in mixed)
    for branch in count(2):
        yield from (f"{family} {trade}, branch {branch}" for family, trade in mixed)
