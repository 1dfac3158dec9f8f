"""Asks a server one question of a probe, and notes what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from prsync.errors import PrsyncError, error_line
from prsync.services.probe_advice import http_problem
from prsync.services.probe_report import ProbedAnswer
from prsync.threemanager.describe import describe
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.shown_texts import words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from prsync.services.probe_report import ProbeReport
    from prsync.threemanager.raw_answer import RawAnswer
    from prsync.threemanager.rows import Answer

_MOST_TEXTS: Final = 20_000


class Asks(Protocol):
    """What a probe asks a server; a test answers it itself."""

    token_answer: RawAnswer | None

    def log_in(self) -> None:
        """Obtain a token, where one is needed."""

    def organizations(self, *, after: int = 0) -> RawAnswer:
        """The first part of the list of customers, or the one `after` a first part of so many rows."""

    def devices(self, organization_id: str, day: date | None, timezone: str, *, after: int = 0) -> RawAnswer:
        """The first part of a customer's devices as of a day, or without saying one; or what is `after` so many."""


@dataclass(slots=True)
class Notes:
    """Writes answers into a report. `hidden` are words that may be a customer's, and are shown of no answer."""

    report: ProbeReport
    hidden: frozenset[str]

    def begin(self, title: str) -> ProbedAnswer:
        """A new entry of the report."""
        shown = ProbedAnswer(title=title)
        self.report.answers.append(shown)
        return shown

    @staticmethod
    def head(shown: ProbedAnswer, raw: RawAnswer, path: str) -> None:
        """Note what an answer is, without what is in it. `path` is the profile's: the real one may name a customer."""
        shown.request = f"{raw.method} {path.partition('?')[0]}"
        shown.status, shown.media_type, shown.size = raw.status, raw.media_type, len(raw.body)

    def described(self, shown: ProbedAnswer, raw: RawAnswer, *, shows_texts: bool = True) -> Answer | None:
        """The answer with its fields described; None where it is no JSON."""
        try:
            answer = raw.answer()
        except ValueError:
            return None
        shown.describe(describe(answer.document), self.hidden, shows_texts=shows_texts)
        return answer

    def answer(self, shown: ProbedAnswer, key: str, says: str, ask: Callable[[], RawAnswer]) -> Answer | None:
        """One answer, its head and its fields noted; None where nothing can be read in it, with the reason noted."""
        try:
            raw = ask()
        except PrsyncError as error:
            shown.problem = error_line(error)
            return None
        self.head(shown, raw, says)
        answer = self.described(shown, raw)
        problem, is_profile = http_problem(raw, is_json=answer is not None)
        if problem is not None:
            shown.problem = problem
            if is_profile:
                shown.keys.append(KeyFit(key=key, says=says, fit=Fit.MISFIT, found=problem))
            return None
        shown.keys.append(KeyFit(key=key, says=says, fit=Fit.FITS, found=f"status {raw.status}"))
        return answer

    def hide_texts_of(self, document: Any, shown: ProbedAnswer) -> None:
        """Show no text of an answer about customers in another; those that it shows itself are harmless."""
        harmless = {text for line in shown.fields for text in line.texts}
        self.hidden |= words_of([text for text in _texts_of(document) if text not in harmless])


def _texts_of(document: Any) -> list[str]:
    texts: list[str] = []
    left = [document]
    while left and len(texts) < _MOST_TEXTS:
        value = left.pop()
        if isinstance(value, Mapping):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
        elif isinstance(value, str):
            texts.append(value)
    return texts
