"""What a probe has found, as lines for a terminal of 80 columns."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import printable, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prsync.services.probe_report import FieldLine, ProbedAnswer, ProbedKey, ProbeReport

WIDTH: Final = 80
_MOST_FIELDS: Final = 40
"""Fields of one answer; --json has more."""

_WIDEST_ADDRESS: Final = 38
_MOST_SAID: Final = 3
_LONG: Final = "(a longer list)"
_MARKS: Final = {"fits": "ok", "guessed": "guess", "does not fit": "NO"}


def probe_lines(report: ProbeReport) -> Iterator[str]:
    """The lines of a whole probe."""
    profile = report.profile or "prsync's own API profile"
    yield from _wrapped(f"{report.url} by {profile}", "")
    for answer in report.answers:
        yield ""
        yield from _answer(answer)
    yield ""
    yield "What to do next"
    for sentence in report.advice:
        yield from _wrapped(sentence, "  ")
    if report.changes:
        # Not wrapped: these lines are to be copied.
        yield ""
        yield from (f"    {line}".rstrip() for line in report.changes)
    if report.command:
        yield ""
        yield f"    {printable(report.command)}"


def _answer(answer: ProbedAnswer) -> Iterator[str]:
    yield answer.title
    if answer.status is not None:
        parts = [f"status {answer.status}", answer.media_type or "of no type", quantity(answer.size, "byte")]
        if answer.rows is not None:
            parts.append(quantity(answer.rows, "row"))
        yield from _wrapped(f"{answer.request}: {', '.join(parts)}", "  ")
    for text in filter(None, (answer.note, None if answer.is_told else answer.problem)):
        yield from _wrapped(text, "  ")
    if answer.same_fields_as:
        yield from _wrapped(f"the same fields as in: {answer.same_fields_as}", "  ")
    yield from _fields(answer)
    for key in answer.keys:
        yield from _key(key)


def _fields(answer: ProbedAnswer) -> Iterator[str]:
    if not answer.fields:
        return
    shown = answer.fields[:_MOST_FIELDS]
    lengths = [len(line.address) for line in shown if len(line.address) <= _WIDEST_ADDRESS]
    width = max([len("field"), *lengths])
    counts = [_count(line) for line in shown]
    count_width = max(len("in rows"), *map(len, counts))
    yield ""
    yield f"  {'field':<{width}}  {'in rows':>{count_width}}  what is there"
    for line, count in zip(shown, counts, strict=True):
        head = f"{line.address:<{width}}"
        if len(line.address) > width:
            yield f"  {_cut(line.address, WIDTH - 2)}"
            head = " " * width
        indent = " " * (width + count_width + 6)
        yield from _wrapped(_types(line), indent, f"  {head}  {count:>{count_width}}  ")
    left = len(answer.fields) - len(shown)
    if left or answer.has_more_fields:
        number = f"at least {left:,}" if answer.has_more_fields else f"{left:,}"
        yield f"  and {number} more (--json shows more of them)"
    yield ""


def _count(line: FieldLine) -> str:
    if not line.is_in_rows or line.address.endswith("[]"):
        return f"{line.seen:,}" if line.address.endswith("[]") else ""
    return f"{line.seen:,} of {line.rows:,}"


def _types(line: FieldLine) -> str:
    kinds = list(line.types)
    text = kinds[0] if len(kinds) == 1 else ", ".join(f"{kind} {number:,}" for kind, number in line.types.items())
    if line.differs and line.is_in_rows:
        text += ", different in every row"
    if line.texts:
        text += f": {', '.join(line.texts)}"
    return printable(text)


def _key(key: ProbedKey) -> Iterator[str]:
    # A key that does not fit is shown whole: somebody has to see what is wrong with it.
    says = f'"{key.says}"' if key.is_misfit and isinstance(key.says, str) else _said(key.says)
    text = f"{key.key} = {says}: {key.found}"
    if key.could_be:
        could_be = [_said(value) for value in key.could_be[:_MOST_SAID]]
        # A long list stands in the lines at the end.
        text += f"; could be {' or '.join(could_be)}" if _LONG not in could_be else "; see the end"
    yield from _wrapped(printable(text), " " * 9, f"  {_MARKS[key.fit.value]:<5}  ")


def _said(value: Any) -> str:
    if isinstance(value, list | tuple) and len(value) > _MOST_SAID:
        return _LONG
    if isinstance(value, list | tuple):
        return " or ".join(_said(one) for one in value)
    return f'"{_cut(value, WIDTH - 18)}"' if isinstance(value, str) else json.dumps(value)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _wrapped(text: str, indent: str, first: str | None = None) -> Sequence[str]:
    """A text in lines of no more than WIDTH; a word that is longer stays whole, as somebody may copy it."""
    return textwrap.wrap(
        printable(text),
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
