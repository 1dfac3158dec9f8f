"""Where a letter's glyph comes from: the typeface that prsync brings, or else one that this machine has."""

from __future__ import annotations

import subprocess
import unicodedata
from functools import cache, cached_property
from importlib.resources import as_file, files
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uharfbuzz
from fontTools import unicodedata as scripts
from fontTools.ttLib import TTFont

from prsync.errors import UnprintableNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fontTools.ttLib.ttGlyphSet import _TTGlyph, _TTGlyphSet

_MOST_SECONDS: Final = 20
# fontconfig lists every typeface there is: the first of them will do, and each takes time to open.
_MOST_CANDIDATES: Final = 40
_EAST_ASIAN: Final = frozenset({"Hani", "Hira", "Kana", "Hang", "Bopo"})
# Scripts whose typefaces are in a Debian package of their own; all others are in fonts-noto-core. Zyyy is no script:
# signs such as emoji, which Symbola has as outlines and others as pictures.
_PACKAGES: Final = {**dict.fromkeys(_EAST_ASIAN, "fonts-noto-cjk"), "Zyyy": "fonts-symbola"}


# For these scripts fontconfig prefers a typeface for screens, whatever it is asked for.
_BOOK_TYPEFACES: Final = {
    "Arab": ("Noto Naskh Arabic", "Amiri"),
    "Armn": ("Noto Serif Armenian",),
    "Beng": ("Noto Serif Bengali",),
    "Deva": ("Noto Serif Devanagari",),
    "Geor": ("Noto Serif Georgian",),
    "Hebr": ("Noto Serif Hebrew",),
    "Taml": ("Noto Serif Tamil",),
    "Thai": ("Noto Serif Thai",),
}


class Typeface:
    """One typeface of a font file."""

    def __init__(self, path: Path, number: int = 0) -> None:
        self.path, self.number = path, number

    @cached_property
    def shaper(self) -> uharfbuzz.Font:
        """HarfBuzz's view of it; its units are thousandths of the size."""
        font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(self.path)), self.number))
        font.scale = (1000, 1000)
        return font

    @cached_property
    def _outlines(self) -> TTFont:
        with self.path.open("rb") as file:
            # A typeface of all Chinese characters is large, and a name needs few of them.
            mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
        return TTFont(mapped, fontNumber=self.number, lazy=True)

    @property
    def units_per_em(self) -> int:
        """In how many units its outlines measure its size."""
        return int(self._outlines["head"].unitsPerEm)

    @property
    def has_outlines(self) -> bool:
        """Whether its glyphs are outlines and not pictures, as those of emoji are."""
        return any(table in self._outlines for table in ("glyf", "CFF ", "CFF2"))

    @cached_property
    def glyphs(self) -> _TTGlyphSet:
        """All its glyphs by name, in which one may refer to another."""
        return self._outlines.getGlyphSet()

    def glyph(self, number: int) -> _TTGlyph:
        """The glyph of that number, which can be drawn with a fontTools pen."""
        return self.glyphs[self._outlines.getGlyphName(number)]

    def has(self, char: str) -> bool:
        """Whether it has a glyph for a character."""
        return bool(self.shaper.get_nominal_glyph(ord(char)))


@cache
def own_typeface() -> Typeface:
    """EB Garamond, with Latin, Greek, Cyrillic and Vietnamese."""
    with as_file(files("prsync.certificates") / "fonts" / "EBGaramond-Regular.ttf") as path:
        return Typeface(path)


def is_printed(char: str) -> bool:
    """Whether a character is seen: a format character, as a soft hyphen or a mark of direction, is not."""
    return unicodedata.category(char) != "Cf" and not "\ufe00" <= char <= "\ufe0f"


def typefaces_for(text: str) -> list[Typeface]:
    """For each character the typeface that has it; UnprintableNameError where none of this machine has one of them.

    The letters that prsync's own typeface lacks are all set in one, as far as there is one that has all of a script.
    """
    own = own_typeface()
    foreign = dict.fromkeys(char for char in text if is_printed(char) and not char.isspace() and not own.has(char))
    unassigned = [char for char in foreign if unicodedata.category(char) in {"Cn", "Co", "Cs"}]
    if unassigned:
        raise UnprintableNameError(text, unassigned)
    by_script: dict[str, list[str]] = {}
    for char in foreign:
        script = scripts.script(char)
        by_script.setdefault("Hani" if script in _EAST_ASIAN else script, []).append(char)
    found = {script: _found(tuple(chars), _language(text, script)) for script, chars in by_script.items()}
    missing = [char for script, chars in by_script.items() if found[script] is None for char in chars]
    if missing:
        package = _PACKAGES.get(scripts.script(missing[0]), "fonts-noto-core")
        raise UnprintableNameError(text, missing, package)
    of_char = {char: found[script] or own for script, chars in by_script.items() for char in chars}
    return _spread(text, of_char)


def _spread(text: str, of_char: dict[str, Typeface]) -> list[Typeface]:
    """The typeface of each character; a space, a mark, or what is not printed has that of the letter before it."""
    result: list[Typeface] = []
    for char in text:
        own = of_char.get(char, own_typeface())
        follows = unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf", "Zs"}
        result.append(result[-1] if result and follows and (not is_printed(char) or result[-1].has(char)) else own)
    return result


def _language(text: str, script: str) -> str:
    """The language whose typefaces fit best, which for Chinese characters can be told by the letters beside them."""
    if script != "Hani":
        return ""
    found = {scripts.script(char) for char in text}
    if found & {"Hira", "Kana"}:
        return "ja"
    if "Hang" in found:
        return "ko"
    try:
        text.encode("gb2312", "strict")
    except UnicodeEncodeError:
        return "zh-tw"
    return "zh-cn"


@cache
def _found(chars: tuple[str, ...], language: str) -> Typeface | None:
    """The typeface of this machine that suits best and has all of the characters; None where there is none."""
    for path, number in _candidates(chars, language):
        typeface = _typeface(path, number)
        if typeface.has_outlines and all(map(typeface.has, chars)):
            return typeface
    return None


@cache
def _typeface(path: str, number: int) -> Typeface:
    return Typeface(Path(path), number)


def _candidates(chars: Sequence[str], language: str) -> Iterator[tuple[str, int]]:
    """The files that fontconfig names for the characters, and the typeface's number in each, the best first."""
    charset = " ".join(f"{ord(char):x}" for char in chars)
    families = ",".join([*_BOOK_TYPEFACES.get(scripts.script(chars[0]), ()), "serif"])
    pattern = f"{families}:charset={charset}" + (f":lang={language}" if language else "")
    command = ["fc-match", "--sort", "--format", "%{file}\t%{index}\n", pattern]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):  # no fontconfig, no typefaces but prsync's own
        return
    for line in done.stdout.splitlines()[:_MOST_CANDIDATES]:
        path, _, index = line.partition("\t")
        if index.isdigit():
            # The upper half of fontconfig's index is an instance of a variable typeface.
            yield path, int(index) & 0xFFFF
