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
    provisional: str
    no_day_yet: str
    replaces: str
    scan: str
    basis: str
    no_claim: str
    sample: str


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
        provisional="Provisional, for {days}: a later revision will replace it",
        no_day_yet="Provisional, before the first day: a later revision will replace it",
        replaces="Revision {revision}, replaces {number}",
        scan="Scan to check that it is genuine:",
        basis="A standard tree makes {pages_per_tree} letter-size pages (8.5 by 11 in, 20 lb).",
        no_claim="A measure of paper used, not a claim that particular trees stand because of particular pages.",
        sample="Sample",
    ),
    "da": Language(
        locale="da",
        title="Certifikat for skovrejsning",
        before="Hermed attesteres, at det papir, som blev printet af",
        after="i {month}, svarer til",
        trees={"one": "standardtræ, ud fra {pages}", "other": "standardtræer, ud fra {pages}"},
        pages={"one": "{count} side", "other": "{count} sider"},
        of_year="{trees} træer i {year}",
        since="{trees} siden {month}",
        project="Projekt: {project}",
        pages_a_day="sider om dagen",
        provisional="Foreløbigt, for {days}: en senere udgave erstatter det",
        no_day_yet="Foreløbigt, før den første dag: en senere udgave erstatter det",
        replaces="Udgave {revision}, erstatter {number}",
        scan="Skan for at se, om det er ægte:",
        basis="Et standardtræ giver {pages_per_tree} sider i formatet letter (8,5 × 11 tommer, 20 lb).",
        no_claim="Et mål for forbrugt papir, ikke en påstand om, at bestemte træer står på grund af bestemte sider.",
        sample="Prøve",
    ),
    "de": Language(
        locale="de",
        title="Zertifikat über Wiederaufforstung",
        before="Hiermit wird bescheinigt: Das Papier, bedruckt von",
        after="im {month}, entspricht",
        trees={"one": "Standardbaum, aus {pages}", "other": "Standardbäumen, aus {pages}"},
        pages={"one": "{count} Seite", "other": "{count} Seiten"},
        of_year="{trees} Bäume im Jahr {year}",
        since="{trees} seit {month}",
        project="Projekt: {project}",
        pages_a_day="Seiten am Tag",
        provisional="Vorläufig, für {days}: Eine spätere Fassung ersetzt es",
        no_day_yet="Vorläufig, vor dem ersten Tag: Eine spätere Fassung ersetzt es",
        replaces="Fassung {revision}, ersetzt {number}",
        scan="Scannen und prüfen, ob es echt ist:",
        basis="Ein Standardbaum ergibt {pages_per_tree} Seiten im Format Letter (8,5 × 11 Zoll, 20 lb).",
        no_claim="Ein Maß für verbrauchtes Papier, keine Aussage, dass bestimmte Bäume wegen bestimmter Seiten stehen.",
        sample="Muster",
    ),
    "fr": Language(
        locale="fr",
        title="Certificat de reforestation",
        before="Il est certifié que le papier imprimé par",
        after="en {month} équivaut à",
        trees={"one": "arbre standard, pour {pages}", "other": "arbres standard, pour {pages}"},
        pages={"one": "{count} page", "other": "{count} pages"},
        of_year="{trees} arbres en {year}",
        since="{trees} depuis {month}",
        project="Projet\u202f: {project}",
        pages_a_day="pages par jour",
        provisional="Provisoire, pour la période {days}\u202f: une révision ultérieure le remplacera",
        no_day_yet="Provisoire, avant le premier jour\u202f: une révision ultérieure le remplacera",
        replaces="Révision {revision}, remplace {number}",
        scan="Scanner pour en vérifier l’authenticité\u202f:",
        basis="Un arbre standard donne {pages_per_tree} pages au format Letter (8,5 × 11 pouces, 20 lb).",
        no_claim="Une mesure du papier utilisé, sans prétendre que tels arbres existent grâce à telles pages.",
        sample="Spécimen",
    ),
    "es": Language(
        locale="es",
        title="Certificado de reforestación",
        before="Se certifica que el papel impreso por",
        after="en {month} equivale a",
        trees={"one": "árbol estándar, por {pages}", "other": "árboles estándar, por {pages}"},
        pages={"one": "{count} página", "other": "{count} páginas"},
        of_year="{trees} árboles en {year}",
        since="{trees} desde {month}",
        project="Proyecto: {project}",
        pages_a_day="páginas al día",
        provisional="Provisional, para {days}: una revisión posterior lo sustituirá",
        no_day_yet="Provisional, antes del primer día: una revisión posterior lo sustituirá",
        replaces="Revisión {revision}, sustituye a {number}",
        scan="Escanee para comprobar su autenticidad:",
        basis="Un árbol estándar da {pages_per_tree} páginas de tamaño carta (8,5 × 11 pulgadas, 20 lb).",
        no_claim="Una medida del papel usado; no se afirma que ciertos árboles existan gracias a ciertas páginas.",
        sample="Muestra",
    ),
    "sv": Language(
        locale="sv",
        title="Certifikat för återbeskogning",
        before="Härmed intygas att det papper som skrivits ut av",
        after="i {month} motsvarar",
        trees={"one": "standardträd, från {pages}", "other": "standardträd, från {pages}"},
        pages={"one": "{count} sida", "other": "{count} sidor"},
        of_year="{trees} träd {year}",
        since="{trees} sedan {month}",
        project="Projekt: {project}",
        pages_a_day="sidor per dag",
        provisional="Preliminärt, för {days}: en senare utgåva ersätter det",
        no_day_yet="Preliminärt, före första dagen: en senare utgåva ersätter det",
        replaces="Utgåva {revision}, ersätter {number}",
        scan="Skanna för att se att det är äkta:",
        basis="Ett standardträd ger {pages_per_tree} sidor i formatet letter (8,5 × 11 tum, 20 lb).",
        no_claim="Ett mått på använt papper, inget påstående att vissa träd står tack vare vissa sidor.",
        sample="Prov",
    ),
    "nb": Language(
        locale="nb",
        title="Sertifikat for skogplanting",
        before="Herved bekreftes at papiret som ble skrevet ut av",
        after="i {month}, tilsvarer",
        trees={"one": "standardtre, fra {pages}", "other": "standardtrær, fra {pages}"},
        pages={"one": "{count} side", "other": "{count} sider"},
        of_year="{trees} trær i {year}",
        since="{trees} siden {month}",
        project="Prosjekt: {project}",
        pages_a_day="sider per dag",
        provisional="Foreløpig, for {days}: en senere utgave erstatter det",
        no_day_yet="Foreløpig, før den første dagen: en senere utgave erstatter det",
        replaces="Utgave {revision}, erstatter {number}",
        scan="Skann for å se at det er ekte:",
        basis="Et standardtre gir {pages_per_tree} sider i formatet letter (8,5 × 11 tommer, 20 lb).",
        no_claim="Et mål for brukt papir, ikke en påstand om at bestemte trær står på grunn av bestemte sider.",
        sample="Prøve",
    ),
    "nl": Language(
        locale="nl",
        title="Certificaat van herbebossing",
        before="Hierbij wordt verklaard dat het papier, bedrukt door",
        after="in {month}, gelijkstaat aan",
        trees={"one": "standaardboom, uit {pages}", "other": "standaardbomen, uit {pages}"},
        pages={"one": "{count} pagina", "other": "{count} pagina’s"},
        of_year="{trees} bomen in {year}",
        since="{trees} sinds {month}",
        project="Project: {project}",
        pages_a_day="pagina’s per dag",
        provisional="Voorlopig, voor {days}: een latere uitgave vervangt het",
        no_day_yet="Voorlopig, vóór de eerste dag: een latere uitgave vervangt het",
        replaces="Uitgave {revision}, vervangt {number}",
        scan="Scan om te zien of het echt is:",
        basis="Een standaardboom levert {pages_per_tree} pagina’s van het formaat letter (8,5 × 11 inch, 20 lb).",
        no_claim="Een maat voor gebruikt papier, geen bewering dat bepaalde bomen er staan dankzij bepaalde pagina’s.",
        sample="Voorbeeld",
    ),
}
