"""Translates what sending a request can raise into prsync's own errors.

Nothing of the original error is kept: it may hold the request, and with it a password or a token.
"""

from __future__ import annotations

import os
import ssl
import traceback
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from requests import exceptions as of_requests
from urllib3 import exceptions as of_urllib3

from prsync.errors import BrokenConnectionError, TlsError, UnreachableError, UntrustedCertificateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.errors import ServerError

# By OpenSSL's number of a failed verification (X509_V_ERR_…). All other numbers mean that no trusted CA has signed it.
_CERTIFICATE_PROBLEMS: Final = {
    9: "it is not valid yet; is the clock of this machine right?",
    10: "it has expired; the server needs a new one",
    62: "it is for another host name; is the URL right?",
    64: "it is for another host name; is the URL right?",
}

# What OpenSSL says of an answer that is not TLS at all, such as plain HTTP; which one depends on its version.
_NOT_TLS: Final = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}

_UNREACHABLE: Final = (
    (of_requests.ProxyError, "the proxy lets no connection through; see {proxy} and NO_PROXY"),
    (of_requests.InvalidProxyURL, "{proxy} is no proxy's URL"),
    (of_urllib3.ProxySchemeUnknown, "{proxy} is no proxy's URL"),
    (of_requests.InvalidSchema, "{proxy} names a SOCKS proxy; only HTTP proxies can be used"),
    (of_urllib3.NameResolutionError, "the host name {host} is not known; is the URL right?"),
    (of_urllib3.LocationParseError, "its URL, or that of {proxy}, cannot be one"),
)

_PROXY_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")

_BREAKS: Final = (
    HTTPException,
    of_urllib3.ReadTimeoutError,
    ConnectionError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)

_NOT_HTTP: Final = (HTTPException, of_requests.InvalidHeader, of_urllib3.DecodeError)


@dataclass(frozen=True, slots=True)
class ErrorTranslator:
    """Translates the errors of requests to one server.

    `timeouts` are the seconds that requests was given to wait for a connection, and for the next byte of an answer.
    """

    url: str
    ca_bundle: str | None
    timeouts: tuple[float, float]

    def translate(self, error: Exception) -> ServerError:
        """The ServerError for what requests, urllib3 or the operating system raised."""
        causes = list(_causes(error))
        if _broke_off(causes):
            # Something was sent by then, and may have been done: that weighs more than whatever else went wrong.
            return BrokenConnectionError(self.url, self._break_off_problem(causes))
        # First of all: requests raises a plain OSError for a CA bundle that is missing, and OpenSSL one for a bad one.
        if self.ca_bundle is not None and (problem := _bundle_problem(self.ca_bundle)):
            return UntrustedCertificateError(self.url, problem)
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return UntrustedCertificateError(self.url, self._certificate_problem(cause.verify_code))
            if _was_raised_in_handshake(cause):
                return TlsError(self.url, self._handshake_problem(cause))
        return self._unreachable(causes) or BrokenConnectionError(self.url, self._break_off_problem(causes))

    def _certificate_problem(self, code: int) -> str:
        if code in _CERTIFICATE_PROBLEMS:
            return _CERTIFICATE_PROBLEMS[code]
        if self.ca_bundle is not None:
            return f"no CA in {self.ca_bundle} has signed it; --ca-bundle gives another file"
        return "it is signed by a CA that is not known here; a private one is given with --ca-bundle FILE"

    def _handshake_problem(self, cause: BaseException) -> str:
        if isinstance(cause, TimeoutError):
            return f"no answer to the handshake within {self.timeouts[0]} seconds"
        if not isinstance(cause, ssl.SSLError) or isinstance(cause, ssl.SSLEOFError):
            return "the handshake broke off"
        return "it does not speak HTTPS there" if cause.reason in _NOT_TLS else f"the handshake failed: {cause.reason}"

    def _unreachable(self, causes: list[BaseException]) -> UnreachableError | None:
        for kind, problem in _UNREACHABLE:
            if any(isinstance(cause, kind) for cause in causes):
                host = urlsplit(self.url).hostname
                return UnreachableError(self.url, problem.format(host=host, proxy=_proxy_variable()))
        for cause in causes:
            if isinstance(cause, of_urllib3.NewConnectionError):
                return UnreachableError(self.url, f"{_system_message(causes)}; is the URL right, does the server run?")
            # Asked second: NewConnectionError is a subclass of it.
            if isinstance(cause, of_urllib3.ConnectTimeoutError):
                return UnreachableError(self.url, f"no connection within {self.timeouts[0]} seconds; is the URL right?")
        return None

    def _break_off_problem(self, causes: list[BaseException]) -> str:
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return f"no answer within {self.timeouts[1]} seconds"
        if any(isinstance(cause, _NOT_HTTP) and not _is_cut_off(cause) for cause in causes):
            return "it does not speak HTTP as it should"
        return "the connection broke off"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was raised from, innermost first: that one says what happened."""
    if error.__context__ is not None:
        yield from _causes(error.__context__)
    yield error


def _proxy_variable() -> str:
    """The environment's variable that names the proxy, in the order in which requests looks for one."""
    return next((name for name in _PROXY_VARIABLES if os.environ.get(name)), "HTTPS_PROXY")


def _system_message(causes: list[BaseException]) -> str:
    messages = (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror)
    return next(messages, "no connection can be made").lower()


def _was_raised_in_handshake(cause: BaseException) -> bool:
    # urllib3 raises the same errors for a handshake that breaks off or times out as for any later read, so that only
    # the place tells them apart.
    return any(frame.f_code.co_name == "do_handshake" for frame, _ in traceback.walk_tb(cause.__traceback__))


def _broke_off(causes: list[BaseException]) -> bool:
    """Whether a connection was there, and ended without an answer: behind a proxy urllib3 calls that its failure."""
    if any(map(_was_raised_in_handshake, causes)):
        return False
    return any(isinstance(cause, _BREAKS) and not isinstance(cause, ConnectionRefusedError) for cause in causes)


def _is_cut_off(cause: BaseException) -> bool:
    """Whether the connection ended too early, as opposed to an answer that is not HTTP."""
    is_too_short = isinstance(cause, RemoteDisconnected | IncompleteRead)
    # InvalidChunkLength is a subclass of IncompleteRead, but means that something else stands where a length should.
    return is_too_short and not isinstance(cause, of_urllib3.InvalidChunkLength)


def _bundle_problem(ca_bundle: str) -> str | None:
    """Why the file of a private CA cannot be used; None where it can."""
    try:
        ssl.create_default_context(cafile=ca_bundle)
    except FileNotFoundError:
        return f"the CA bundle {ca_bundle} is not there; --ca-bundle gives another file"
    except OSError:  # ssl.SSLError is one
        return f"the CA bundle {ca_bundle} cannot be read; --ca-bundle gives another file"
    return None
