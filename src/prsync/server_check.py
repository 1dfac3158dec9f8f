"""The steps of the server health check, and at which of them an error stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.errors import (
    CredentialError,
    LoginRefusedError,
    UnreachableError,
    UntrustedCertificateError,
    UnusableAnswerError,
)

if TYPE_CHECKING:
    from prsync.errors import PrsyncError

STEPS: Final = ("password", "URL", "TLS", "token", "organizations")


def failed_step(error: PrsyncError) -> str:
    """The step that failed; those before it have passed, for each needs the one before."""
    if isinstance(error, CredentialError):
        return "password"
    if isinstance(error, UnreachableError):
        return "URL"
    if isinstance(error, UntrustedCertificateError):
        return "TLS"
    if isinstance(error, LoginRefusedError) or (isinstance(error, UnusableAnswerError) and "token" in error.expected):
        return "token"
    return "organizations"
