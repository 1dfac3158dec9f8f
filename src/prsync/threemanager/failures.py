"""What sending a request can raise, as our own errors. Nothing of the original is kept: it may hold the request."""

from __future__ import annotations

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

_CERTIFICATES: Final = {
    9: "it is not valid yet; is the clock of this machine right?",
    10: "it has expired; the server needs a new one",
    62: "it is for another host name; is the URL right?",
    64: "it is for another host name; is the URL right?",
}
"""By X509_V_ERR_ number. All others say that nobody we trust has signed it."""

_NOT_TLS: Final = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}

_NO_CONNECTION: Final = (
    (of_requests.ProxyError, "the proxy lets no connection through; see HTTPS_PROXY and NO_PROXY"),
    (of_requests.InvalidProxyURL, "HTTPS_PROXY is no proxy's URL"),
    (of_urllib3.ProxySchemeUnknown, "HTTPS_PROXY is no proxy's URL"),
    (of_requests.InvalidSchema, "HTTPS_PROXY names a SOCKS proxy; only HTTP proxies can be used"),
    (of_urllib3.NameResolutionError, "the host name {host} is not known; is the URL right?"),
    (of_urllib3.LocationParseError, "its URL, or that of HTTPS_PROXY, cannot be one"),
)

_NOT_HTTP: Final = (HTTPException, of_requests.InvalidHeader, of_requests.ContentDecodingError)


@dataclass(frozen=True, slots=True)
class Failures:
    """Says what went wrong on the way to one server. `timeouts`: as requests is given them."""

    url: str
    ca_bundle: str | None
    timeouts: tuple[float, float]

    def of(self, error: Exception) -> ServerError:
        """Our error for what requests, urllib3 or the system raised."""
        if self.ca_bundle is not None and (problem := _bundle_problem(self.ca_bundle)):
            return UntrustedCertificateError(self.url, problem)
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return UntrustedCertificateError(self.url, self._certificate(cause.verify_code))
            if _in_handshake(cause):
                return TlsError(self.url, self._handshake(cause))
        return self._no_connection(causes) or BrokenConnectionError(self.url, self._broken(causes))

    def _certificate(self, code: int) -> str:
        if code in _CERTIFICATES:
            return _CERTIFICATES[code]
        if self.ca_bundle is not None:
            return f"no CA in {self.ca_bundle} has signed it; --ca-bundle gives another file"
        return "it is signed by a CA that is not known here; a private one is given with --ca-bundle FILE"

    def _handshake(self, cause: BaseException) -> str:
        if isinstance(cause, TimeoutError):
            return f"no answer to the handshake within {self.timeouts[0]} seconds"
        if not isinstance(cause, ssl.SSLError) or isinstance(cause, ssl.SSLEOFError):
            return "the handshake broke off"
        return "it does not speak HTTPS there" if cause.reason in _NOT_TLS else f"the handshake failed: {cause.reason}"

    def _no_connection(self, causes: list[BaseException]) -> UnreachableError | None:
        for kind, problem in _NO_CONNECTION:
            if any(isinstance(cause, kind) for cause in causes):
                return UnreachableError(self.url, problem.format(host=urlsplit(self.url).hostname))
        for cause in causes:
            if isinstance(cause, of_urllib3.NewConnectionError):
                return UnreachableError(self.url, f"{_of_the_system(causes)}; is the URL right, does the server run?")
            if isinstance(cause, of_urllib3.ConnectTimeoutError):  # of which the one above is a kind
                return UnreachableError(self.url, f"no connection within {self.timeouts[0]} seconds; is the URL right?")
        return None

    def _broken(self, causes: list[BaseException]) -> str:
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return f"no answer within {self.timeouts[1]} seconds"
        if any(isinstance(cause, _NOT_HTTP) and not _is_an_end(cause) for cause in causes):
            return "it does not speak HTTP as it should"
        return "the connection broke off"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The innermost first: that is what happened, the others only pass it on."""
    if error.__context__ is not None:
        yield from _causes(error.__context__)
    yield error


def _of_the_system(causes: list[BaseException]) -> str:
    said = (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror)
    return next(said, "no connection can be made").lower()


def _in_handshake(cause: BaseException) -> bool:
    # urllib3 tells of a handshake that is cut or held as of any other read.
    return any(frame.f_code.co_name == "do_handshake" for frame, _ in traceback.walk_tb(cause.__traceback__))


def _is_an_end(cause: BaseException) -> bool:
    at_its_end = isinstance(cause, RemoteDisconnected | IncompleteRead)
    return at_its_end and not isinstance(cause, of_urllib3.InvalidChunkLength)


def _bundle_problem(ca_bundle: str) -> str | None:
    try:
        ssl.create_default_context(cafile=ca_bundle)
    except FileNotFoundError:
        return f"the CA bundle {ca_bundle} is not there; --ca-bundle gives another file"
    except OSError:  # ssl.SSLError is one
        return f"the CA bundle {ca_bundle} cannot be read; --ca-bundle gives another file"
    return None
