"""The server health check step by step, each named as it passes or fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prsync.errors import (
    CredentialError,
    InputError,
    PrsyncError,
    TlsError,
    UnreachableError,
    UntrustedCertificateError,
    error_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from prsync.services.server_access import Connect
    from prsync.store.ledger import Ledger
    from prsync.threemanager.client import ThreeManager

STEPS: Final = ("password", "URL", "TLS", "token", "organizations")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the check; `error` is None where it passed."""

    name: str
    error: str | None = None

    def document(self) -> dict[str, object]:
        """The step as `server check --json` has it."""
        return {"step": self.name, "ok": self.error is None, "error": self.error}


def check_server(ledger: Ledger, name: str, connect: Connect, now: datetime) -> Iterator[Step]:
    """Check the server of that name, step by step, and record what the last step found."""
    server = ledger.servers.named(name)
    step = None
    for step in steps(lambda: connect(server)):
        yield step
    ledger.servers.record_health(server, step.error if step else None, now)


def steps(connect: Callable[[], ThreeManager]) -> Iterator[Step]:
    """Go through the steps until one fails; that one is the last."""
    passed = 0
    try:
        with connect() as client:
            yield Step("password")
            passed = 1
            client.log_in()
            yield from map(Step, ("URL", "TLS", "token"))
            passed = 4
            client.first_organizations()
            yield Step("organizations")
    except InputError as error:  # of all settings, only the file of a profile can have gone bad since
        yield Step("profile", error_line(error))
    except PrsyncError as error:
        failed = max(STEPS.index(_failed_step(error)), passed)  # it may also vanish between two steps
        yield from map(Step, STEPS[passed:failed])
        yield Step(STEPS[failed], error_line(error))


def _failed_step(error: PrsyncError) -> str:
    """The step at which an error stands; those before it have passed, for each needs the one before."""
    if isinstance(error, CredentialError):
        return "password"
    if isinstance(error, UnreachableError):
        return "URL"
    if isinstance(error, UntrustedCertificateError | TlsError):
        return "TLS"
    return "token"
