"""Names of customers: as many as are asked for, all different."""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first customers have names that are easily mishandled: by a shell, a CSV file, a URL, HTML, or a PDF.
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
    return list(islice(_all_names(), number))


def _all_names() -> Iterator[str]:
    yield from _FIRST
    pairs = [(family, trade) for trade in _TRADES for family in _FAMILIES]
    # Every seventh pair, so that neighbours in the list differ in both parts. Each pair comes once, because seven and
    # the number of pairs have no common divisor.
    mixed = [pairs[7 * position % len(pairs)] for position in range(len(pairs))]
    yield from (f"{family} {trade}" for family, trade in mixed)
    for branch in count(2):
        yield from (f"{family} {trade}, branch {branch}" for family, trade in mixed)
