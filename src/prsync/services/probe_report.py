"""What a probe has found: each answer described, each key of the profile judged, and what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.threemanager.describe import Description
    from prsync.threemanager.key_fit import KeyFit

    ProbedKey = KeyFit
    """How a key fits, for a command that shows it."""

MOST_FIELDS: Final = 400
"""So many fields of an answer are in the JSON document; a terminal is shown fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field of an answer: its types with how many rows have each, and the few texts of it that may be shown."""

    address: str
    types: dict[str, int]
    seen: int
    rows: int
    is_in_rows: bool
    differs: bool
    texts: list[str]

    def document(self) -> dict[str, Any]:
        """The field as `server probe --json` has it."""
        return {
            "address": self.address,
            "types": self.types,
            "in_rows": self.seen,
            "rows": self.rows,
            "differs_in_every_row": self.differs,
            "texts": self.texts,
        }


@dataclass(slots=True, kw_only=True)
class ProbedAnswer:
    """One question, and what came back. `problem` says in words why it is of no use; `note` how it was come by."""

    title: str
    request: str = ""
    status: int | None = None
    media_type: str = ""
    size: int = 0
    kind: str = ""
    rows: int | None = None
    problem: str | None = None
    note: str | None = None
    fields: list[FieldLine] = field(default_factory=list)
    has_more_fields: bool = False
    same_fields_as: str | None = None
    keys: list[KeyFit] = field(default_factory=list)

    @property
    def is_told(self) -> bool:
        """Whether the problem is told by a key that does not fit."""
        return any(key.is_misfit and key.found == self.problem for key in self.keys)

    def describe(self, description: Description, hidden: frozenset[str], *, shows_texts: bool = True) -> None:
        """Take over the fields of a description, with no text that is among `hidden`."""
        self.kind = description.kind
        self.has_more_fields = description.left_out > 0
        self.fields = [
            FieldLine(
                address=shape.address,
                types=dict(shape.kinds.most_common()),
                seen=shape.seen,
                rows=shape.rows,
                is_in_rows=bool(shape.rows_address),
                differs=shape.differs_in_every_row,
                texts=shape.texts.shown(shape.address, hidden) if shows_texts else [],
            )
            for shape in description.fields.values()
        ]

    def document(self) -> dict[str, Any]:
        """The answer as `server probe --json` has it."""
        return {
            "answer": self.title,
            "request": self.request,
            "status": self.status,
            "type": self.media_type,
            "bytes": self.size,
            "document": self.kind,
            "rows": self.rows,
            "problem": self.problem,
            "note": self.note,
            "fields": [line.document() for line in self.fields[:MOST_FIELDS]],
            "more_fields": self.has_more_fields,
            "same_fields_as": self.same_fields_as,
            "keys": [key_document(key) for key in self.keys],
        }


def key_document(key: KeyFit) -> dict[str, Any]:
    """How a key fits, as `server probe --json` has it."""
    return {
        "key": key.key,
        "says": key.says,
        "fit": key.fit.value,
        "found": key.found,
        "could_be": list(key.could_be),
    }


@dataclass(slots=True, kw_only=True)
class ProbeReport:
    """A whole probe. `advice` are sentences for a person."""

    url: str
    profile: str | None
    answers: list[ProbedAnswer] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    command: str | None = None
    """The command to give next, where everything fits."""

    @property
    def keys(self) -> list[KeyFit]:
        """How every key fits that could be judged."""
        return [key for answer in self.answers for key in answer.keys]

    @property
    def fits(self) -> bool:
        """Whether prsync can work with this server by this profile, as far as was seen."""
        has_problem = any(answer.problem for answer in self.answers)
        return not has_problem and not any(key.is_misfit for key in self.keys)

    @property
    def summary(self) -> str:
        """What is wrong, in one line."""
        misfits = [key.key for key in self.keys if key.is_misfit]
        problems = [f"{answer.title}: {answer.problem}" for answer in self.answers if answer.problem]
        keys = f"does not fit the API profile: {', '.join(misfits)}"
        return problems[0] if problems and not misfits else keys

    @property
    def changes(self) -> list[str]:
        """Lines for a profile: the keys that do not fit, or not well, with what each could be set to."""
        return profile_lines([key for key in self.keys if key.could_be and (key.is_misfit or key.is_guessed)])

    def document(self) -> dict[str, Any]:
        """The probe as `server probe --json` has it."""
        return {
            "url": self.url,
            "profile": self.profile,
            "fits": self.fits,
            "answers": [answer.document() for answer in self.answers],
            "next": self.advice,
            "next_command": self.command,
            "profile_changes": self.changes,
        }


def profile_lines(keys: Sequence[KeyFit]) -> list[str]:
    """The likeliest settings as lines of TOML, with the others as a comment."""
    tables: dict[str, dict[str, str]] = {}
    for key in keys:
        table, _, name = key.key.rpartition(".")
        others = [toml(value) for value in key.could_be[1:3]]
        tables.setdefault(table, {}).setdefault(name, toml(key.could_be[0]))
        if others:
            tables[table][name] += f"  # or {', '.join(others)}"
    lines: list[str] = []
    for table, settings in tables.items():
        lines += [*([""] if lines else []), f"[{table}]"]
        lines += [line for name, text in settings.items() for line in _setting(name, text)]
    return lines


_WIDTH: Final = 72


def _setting(name: str, text: str) -> list[str]:
    """A setting on one line, or its comment or the entries of its list on lines of their own."""
    line = f"{name} = {text}"
    if len(line) <= _WIDTH:
        return [line]
    value, mark, comment = text.partition("  # ")
    above = [f"# {comment}"] if mark else []
    if len(f"{name} = {value}") > _WIDTH and value.startswith("["):
        return [*above, f"{name} = [", *(f"    {toml(entry)}," for entry in json.loads(value)), "]"]
    return [*above, f"{name} = {value}"]


def toml(value: Any) -> str:
    """A value of a profile as TOML writes it; for texts, numbers, true, false and lists of them as JSON does."""
    return json.dumps(value, ensure_ascii=False)
