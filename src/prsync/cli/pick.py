"""Picking one of hundreds of organizations by typing part of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from prsync.errors import RefusedError
from prsync.process import signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.threemanager.parsing import Organization

_MORE: Final = "type more, until it is one organization's name"


def pick(organizations: Sequence[Organization]) -> Organization:
    """Ask until what is typed names one organization: wholly, or by a part that no other has."""
    from prompt_toolkit.utils import is_dumb_terminal

    if not organizations:
        raise RefusedError("connecting a feed", "every organization of this server is connected already")
    labels = [label(organization, organizations) for organization in organizations]
    question = f"Organization ({len(labels)}, type part of its name)"
    index = _typed_line_by_line(labels, question) if is_dumb_terminal() else _typed(labels, question)
    return organizations[index]


def _typed(labels: Sequence[str], question: str) -> int:
    """Show what can be meant while it is typed."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.output import create_output
    from prompt_toolkit.validation import Validator

    session: PromptSession[str] = PromptSession(
        completer=WordCompleter(list(labels), ignore_case=True, match_middle=True, sentence=True),
        complete_while_typing=True,
        validator=Validator.from_callable(
            lambda text: matching(labels, text) is not None, _MORE, move_cursor_to_end=True
        ),
        validate_while_typing=False,
        output=create_output(always_prefer_tty=True),
    )

    def leave(stopped: signals.Stopped) -> None:
        if not (session.app.is_running and session.app.loop):
            raise stopped
        session.app.loop.call_soon_threadsafe(lambda: session.app.is_done or session.app.exit(exception=stopped))

    with signals.in_event_loop(leave):
        index = matching(labels, session.prompt(f"{question}: "))
    assert index is not None  # noqa: S101  the validator has looked
    return index


def _typed_line_by_line(labels: Sequence[str], question: str) -> int:
    """On a terminal that can show nothing but lines."""

    def one(text: str) -> int:
        index = matching(labels, text)
        if index is None:
            raise typer.BadParameter(_MORE)
        return index

    return int(typer.prompt(question, value_proc=one, err=True))


def label(organization: Organization, others: Sequence[Organization]) -> str:
    """An organization's name, with its id where another has the same name."""
    alike = sum(other.name == organization.name for other in others)
    return organization.name if alike == 1 else f"{organization.name} [{organization.organization_id}]"


def matching(labels: Sequence[str], text: str) -> int | None:
    """Which label is meant: the one equal to the text, else the only one that contains it."""
    wanted = text.strip().casefold()
    if not wanted:
        return None
    for index, name in enumerate(labels):
        if name.casefold() == wanted:
            return index
    containing = [index for index, name in enumerate(labels) if wanted in name.casefold()]
    return containing[0] if len(containing) == 1 else None
