"""From letters to glyphs in their places: right to left where it is, joined, marks above their letters (HarfBuzz)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import uharfbuzz
from bidi import algorithm as bidi
from fontTools import unicodedata as scripts

from prsync.certificates.lettering.typefaces import typefaces_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.certificates.lettering.typefaces import Typeface


@dataclass(frozen=True, slots=True)
class ShapedGlyph:
    """A glyph in its place, in thousandths of the size from where the line begins.

    `cluster` is the place in the text of the first character that it stands for, `advance` what it moves the next one.
    """

    typeface: Typeface
    number: int
    cluster: int
    x: int
    y: int
    advance: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring characters that are shaped together."""

    typeface: Typeface
    script: str
    level: int
    start: int
    end: int


def shape(text: str) -> list[ShapedGlyph]:
    """The glyphs of a line, from left to right; UnprintableNameError where no typeface has one of the letters."""
    if not text:
        return []
    glyphs: list[ShapedGlyph] = []
    x = 0
    for run in _in_visual_order(_runs(text)):
        for info, position in _shaped(text, run):
            glyphs.append(
                ShapedGlyph(
                    run.typeface,
                    info.codepoint,
                    info.cluster,
                    x + position.x_offset,
                    position.y_offset,
                    position.x_advance,
                )
            )
            x += position.x_advance
    return glyphs


def _shaped(text: str, run: _Run) -> zip[tuple[uharfbuzz.GlyphInfo, uharfbuzz.GlyphPosition]]:
    buffer = uharfbuzz.Buffer()
    # With the whole text, since a letter's form depends on the letters beside it, also beyond the run.
    buffer.add_codepoints([ord(char) for char in text], run.start, run.end - run.start)
    buffer.direction = "rtl" if run.level % 2 else "ltr"
    buffer.script = run.script
    buffer.flags = uharfbuzz.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    uharfbuzz.shape(run.typeface.shaper, buffer, {"kern": True, "liga": True})
    return zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)


def _runs(text: str) -> list[_Run]:
    """The text cut where the typeface, the script or the direction changes."""
    properties = list(zip(typefaces_for(text), _scripts_of(text), levels(text), strict=True))
    runs, start = [], 0
    for (typeface, script, level), group in groupby(properties):
        end = start + len(list(group))
        runs.append(_Run(typeface, script, level, start, end))
        start = end
    return runs


def _scripts_of(text: str) -> list[str]:
    """The script of each character; a space, a digit or a mark has that of the character before it."""
    found = [scripts.script(char) for char in text]
    current = next((script for script in found if script not in {"Zyyy", "Zinh", "Zzzz"}), "Zyyy")
    result = []
    for script in found:
        if script not in {"Zyyy", "Zinh", "Zzzz"}:
            current = script
        result.append(current)
    return result


def levels(text: str) -> list[int]:
    """The level of each character by the Unicode bidirectional algorithm: odd ones run from right to left."""
    storage = bidi.get_empty_storage()
    storage["base_level"] = bidi.get_base_level(text)
    storage["base_dir"] = "R" if storage["base_level"] else "L"
    bidi.get_embedding_levels(text, storage)
    for place, char in enumerate(storage["chars"]):
        char["place"] = place
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, debug=False)
    bidi.resolve_implicit_levels(storage, debug=False)
    known = {char["place"]: int(char["level"]) for char in storage["chars"]}
    # The algorithm drops the marks of direction; each is given the level of what stands before it.
    result: list[int] = []
    for place in range(len(text)):
        result.append(known.get(place, result[-1] if result else storage["base_level"]))
    return result


def _in_visual_order(runs: Sequence[_Run]) -> Sequence[_Run]:
    """The runs from left to right: from the highest level down, what runs right to left is turned round (rule L2)."""
    order: Sequence[_Run] = runs
    highest = max(run.level for run in runs)
    for level in range(highest, 0, -1):
        order = _turned(order, level)
    return order


def _turned(runs: Sequence[_Run], level: int) -> list[_Run]:
    """The runs, with neighbours of that level or a higher one in reverse."""
    parts = ((is_turned, list(group)) for is_turned, group in groupby(runs, key=lambda run: run.level >= level))
    return [run for is_turned, part in parts for run in (reversed(part) if is_turned else part)]
