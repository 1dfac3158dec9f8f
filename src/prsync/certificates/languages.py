"""The page's own words, in each language in which a certificate can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: its locale (for numbers, dates and plurals) and its sentences.

    `before` the name, and `after` it, make one sentence with `trees`; {month} is as October 2026. Of `trees` and
    `pages` there is one for each plural form that differs (CLDR: `one`, `other`).
    """

    locale: str
    title: str
    before: str
    after: str
    trees: Mapping[str, str]
    pages: Mapping[str, str]
    of_year: str
    since: str
    project: str
    pages_a_day: str
    issued: str
    provisional: str
    no_day_yet: str
    replaces: str
    scan: str
    basis: str
    no_claim: str
    sample: str
    first: str = "1"
    """How the first of a month is written."""

    least_grouped: int = 1000
    """Numbers from here on are written in groups of three; Spanish begins with five figures."""


_SPACE: Final = "\N{NO-BREAK SPACE}"
_LETTER: Final = f"(216{_SPACE}×{_SPACE}279{_SPACE}mm, 75{_SPACE}g/m²)"
_LETTER_IN_INCHES: Final = f"(8.5{_SPACE}×{_SPACE}11{_SPACE}in, 20{_SPACE}lb{_SPACE}bond)"

LANGUAGES: Final[Mapping[str, Language]] = {
    "en": Language(
        # Day before month, as in the other languages; and the words are the same in Britain and America.
        locale="en_GB",
        title="Certificate of Reforestation",
        before="This certifies that the paper printed by",
        after="in {month} amounts to",
        trees={"one": "standard tree, from {pages}", "other": "standard trees, from {pages}"},
        pages={"one": "{count} page", "other": "{count} pages"},
        of_year="{trees} trees in {year}",
        since="{trees} since {month}",
        project="Project: {project}",
        pages_a_day="pages a day",
        issued="Issued {day}",
        provisional="Provisional ({days}): a later revision will replace it",
        no_day_yet="Provisional, before the first day: a later revision will replace it",
        replaces="Revision {revision}, replaces {number}",
        scan="Scan to check that it is genuine:",
        basis=f"A standard tree makes {{pages_per_tree}} letter-size pages {_LETTER_IN_INCHES}.",
        no_claim="It measures paper used and claims no particular tree for particular pages.",
        sample="Sample",
    ),
    "da": Language(
        locale="da",
        title="Certifikat for genplantning af skov",
        before="Hermed attesteres, at det papir, som blev printet af",
        after="i {month}, svarer til",
        trees={"one": "standardtræ, beregnet ud fra {pages}", "other": "standardtræer, beregnet ud fra {pages}"},
        pages={"one": "{count} side", "other": "{count} sider"},
        of_year="{trees} træer i {year}",
        since="{trees} siden {month}",
        project="Projekt: {project}",
        pages_a_day="sider pr. dag",
        issued="Udstedt den {day}",
        provisional="Foreløbigt ({days}): en senere udgave erstatter det",
        no_day_yet="Foreløbigt, før den første dag: en senere udgave erstatter det",
        replaces="Udgave {revision}, erstatter {number}",
        scan="Skan for at se, om det er ægte:",
        basis=f"Et standardtræ giver {{pages_per_tree}} sider i formatet letter {_LETTER}.",
        no_claim="Et mål for forbrugt papir; ingen bestemte træer tilskrives bestemte sider.",
        sample="Prøve",
    ),
    "de": Language(
        locale="de",
        title="Zertifikat über Wiederaufforstung",
        before="Hiermit wird bescheinigt, dass das von",
        after="im {month} bedruckte Papier",
        trees={"one": "Standardbaum entspricht ({pages})", "other": "Standardbäumen entspricht ({pages})"},
        pages={"one": "{count} Seite", "other": "{count} Seiten"},
        of_year="{trees} Bäume im Jahr {year}",
        since="{trees} seit {month}",
        project="Projekt: {project}",
        pages_a_day="Seiten pro Tag",
        issued="Ausgestellt am {day}",
        provisional="Vorläufig ({days}): wird durch eine spätere Fassung ersetzt",
        no_day_yet="Vorläufig, vor dem ersten Tag: wird durch eine spätere Fassung ersetzt",
        replaces="Fassung {revision}, ersetzt {number}",
        scan="Scannen und prüfen, ob es echt ist:",
        basis=f"Ein Standardbaum ergibt {{pages_per_tree}} Seiten im Format Letter {_LETTER}.",
        no_claim="Gemessen wird verbrauchtes Papier; bestimmten Seiten sind keine bestimmten Bäume zugeordnet.",
        sample="Muster",
    ),
    "fr": Language(
        locale="fr",
        first="1er",
        title="Certificat de reboisement",
        before="Le présent certificat atteste que le papier imprimé par",
        after="en {month} équivaut à",
        trees={"one": "arbre standard, pour {pages}", "other": "arbres standard, pour {pages}"},
        pages={"one": "{count} page", "other": "{count} pages"},
        of_year="{trees} arbres en {year}",
        since="{trees} depuis {month}",
        project="Projet\u202f: {project}",
        pages_a_day="pages par jour",
        issued="Délivré le {day}",
        provisional="Provisoire ({days})\u202f: une révision ultérieure le remplacera",
        no_day_yet="Provisoire, avant le premier jour\u202f: une révision ultérieure le remplacera",
        replaces="Révision {revision}, remplace {number}",
        scan="Scanner pour en vérifier l’authenticité\u202f:",
        basis=f"Un arbre standard donne {{pages_per_tree}} pages au format Letter {_LETTER}.",
        no_claim="Mesure du papier utilisé\u202f; aucun arbre précis n’est attribué à des pages précises.",
        sample="Spécimen",
    ),
    "es": Language(
        locale="es",
        least_grouped=10_000,
        title="Certificado de reforestación",
        before="Se certifica que el papel impreso por",
        after="en {month} equivale a",
        trees={
            "one": "árbol estándar, calculado a partir de {pages}",
            "other": "árboles estándar, calculados a partir de {pages}",
        },
        pages={"one": "{count} página", "other": "{count} páginas"},
        of_year="{trees} árboles en {year}",
        since="{trees} desde {month}",
        project="Proyecto: {project}",
        pages_a_day="páginas al día",
        issued="Expedido el {day}",
        provisional="Provisional ({days}): una revisión posterior lo sustituirá",
        no_day_yet="Provisional, antes del primer día: una revisión posterior lo sustituirá",
        replaces="Revisión {revision}, sustituye a {number}",
        scan="Escanee para comprobar su autenticidad:",
        basis=f"Un árbol estándar da {{pages_per_tree}} páginas de tamaño carta {_LETTER}.",
        no_claim="Es una medida del papel usado; ningún árbol concreto se atribuye a páginas concretas.",
        sample="Muestra",
    ),
    "sv": Language(
        locale="sv",
        title="Certifikat för återbeskogning",
        before="Härmed intygas att det papper som skrivits ut av",
        after="i {month} motsvarar",
        trees={"one": "standardträd, beräknat på {pages}", "other": "standardträd, beräknat på {pages}"},
        pages={"one": "{count} sida", "other": "{count} sidor"},
        of_year="{trees} träd år {year}",
        since="{trees} sedan {month}",
        project="Projekt: {project}",
        pages_a_day="sidor per dag",
        issued="Utfärdat den {day}",
        provisional="Preliminärt ({days}): en senare utgåva ersätter det",
        no_day_yet="Preliminärt, före första dagen: en senare utgåva ersätter det",
        replaces="Utgåva {revision}, ersätter {number}",
        scan="Skanna för att se att det är äkta:",
        basis=f"Ett standardträd ger {{pages_per_tree}} sidor i formatet letter {_LETTER}.",
        no_claim="Ett mått på använt papper; inga bestämda träd tillskrivs bestämda sidor.",
        sample="Prov",
    ),
    "nb": Language(
        locale="nb",
        title="Sertifikat for gjenplanting av skog",
        before="Herved bekreftes det at papiret som ble skrevet ut av",
        after="i {month}, tilsvarer",
        trees={"one": "standardtre, beregnet ut fra {pages}", "other": "standardtrær, beregnet ut fra {pages}"},
        pages={"one": "{count} side", "other": "{count} sider"},
        of_year="{trees} trær i {year}",
        since="{trees} siden {month}",
        project="Prosjekt: {project}",
        pages_a_day="sider per dag",
        issued="Utstedt {day}",
        provisional="Foreløpig ({days}): en senere utgave erstatter det",
        no_day_yet="Foreløpig, før den første dagen: en senere utgave erstatter det",
        replaces="Utgave {revision}, erstatter {number}",
        scan="Skann for å se at det er ekte:",
        basis=f"Et standardtre gir {{pages_per_tree}} sider i formatet letter {_LETTER}.",
        no_claim="Et mål for brukt papir; ingen bestemte trær tilskrives bestemte sider.",
        sample="Prøve",
    ),
    "nl": Language(
        locale="nl",
        title="Certificaat van herbebossing",
        before="Hierbij wordt verklaard dat het door",
        after="in {month} bedrukte papier gelijkstaat aan",
        trees={"one": "standaardboom, op basis van {pages}", "other": "standaardbomen, op basis van {pages}"},
        pages={"one": "{count} pagina", "other": "{count} pagina’s"},
        of_year="{trees} bomen in {year}",
        since="{trees} sinds {month}",
        project="Project: {project}",
        pages_a_day="pagina’s per dag",
        issued="Afgegeven op {day}",
        provisional="Voorlopig ({days}): een latere uitgave vervangt het",
        no_day_yet="Voorlopig, vóór de eerste dag: een latere uitgave vervangt het",
        replaces="Uitgave {revision}, vervangt {number}",
        scan="Scan om te zien of het echt is:",
        basis=f"Een standaardboom levert {{pages_per_tree}} pagina’s op letterformaat {_LETTER}.",
        no_claim="Een maat voor gebruikt papier; geen bepaalde boom wordt aan bepaalde pagina’s toegeschreven.",
        sample="Voorbeeld",
    ),
}
