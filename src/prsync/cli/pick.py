"""Lets a person pick one of hundreds of organizations by typing a part of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from prsync.errors import RefusedError
from prsync.process import signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.core.model import Organization

_TYPE_MORE: Final = "type more, until it is one organization's name"


def pick(organizations: Sequence[Organization]) -> Organization:
    """Ask at the terminal until the answer names one organization, and return that.

    The answer is an organization's whole name, or a part of it that no other has. RefusedError where there are none.
    """
    from prompt_toolkit.utils import is_dumb_terminal

    if not organizations:
        raise RefusedError("connecting a feed", "every organization of this server is connected already")
    labels = [label(organization, organizations) for organization in organizations]
    question = f"Organization ({len(labels)}, type part of its name)"
    ask = _ask_line_by_line if is_dumb_terminal() else _ask_with_completion
    index = ask(labels, question)
    return organizations[index]


def _ask_with_completion(labels: Sequence[str], question: str) -> int:
    """The index of the label that a person chooses; while they type, the labels that match are shown."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.output import create_output
    from prompt_toolkit.validation import Validator

    session: PromptSession[str] = PromptSession(
        completer=WordCompleter(list(labels), ignore_case=True, match_middle=True, sentence=True),
        complete_while_typing=True,
        validator=Validator.from_callable(
            lambda text: matching(labels, text) is not None, _TYPE_MORE, move_cursor_to_end=True
        ),
        validate_while_typing=False,
        # On the terminal, even if standard output is a file.
        output=create_output(always_prefer_tty=True),
    )

    def stop_prompt(stopped: signals.Stopped) -> None:
        if not (session.app.is_running and session.app.loop):
            raise stopped
        # The handler of a signal may run in the middle of the loop's own work: only the loop itself can end the prompt.
        session.app.loop.call_soon_threadsafe(lambda: session.app.is_done or session.app.exit(exception=stopped))

    with signals.in_event_loop(stop_prompt):
        while True:
            index = matching(labels, session.prompt(f"{question}: "))
            if index is not None:
                return index


def _ask_line_by_line(labels: Sequence[str], question: str) -> int:
    """The index of the label that a person chooses, on a terminal that can only print one line after another."""

    def parse(text: str) -> int:
        index = matching(labels, text)
        if index is None:
            raise typer.BadParameter(_TYPE_MORE)
        return index

    return int(typer.prompt(question, value_proc=parse, err=True))


def label(organization: Organization, others: Sequence[Organization]) -> str:
    """An organization's name, with its id if another one has the same name."""
    same_name = sum(other.name == organization.name for other in others)
    return organization.name if same_name == 1 else f"{organization.name} [{organization.organization_id}]"


def matching(labels: Sequence[str], text: str) -> int | None:
    """The index of the label that equals the text, or else of the only one that contains it; None if there is none.

    Case and spaces around the text do not matter.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return None
    # Equal first: an organization whose name is a part of another one's could else never be picked.
    for index, name in enumerate(labels):
        if name.casefold() == wanted:
            return index
    containing = [index for index, name in enumerate(labels) if wanted in name.casefold()]
    return containing[0] if len(containing) == 1 else None
