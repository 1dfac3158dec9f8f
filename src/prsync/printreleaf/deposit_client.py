"""A client of PrintReleaf's API: accounts, and the deposits of one. One request after another."""

from __future__ import annotations

import logging
import re
import time
from base64 import b64encode
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin

import requests

from prsync import __version__
from prsync.errors import KeyRefusedError, PrintReleafAnswerError, PrintReleafRefusedError, UnusableAnswerError
from prsync.https.document import document_of
from prsync.https.sender import TIMEOUTS, Sender
from prsync.printreleaf.resources import account_of, deposit_of, message_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from prsync.core.delivery import RemoteDeposit
    from prsync.core.settings import PrintReleafSettings
    from prsync.credentials.passwords import Secret
    from prsync.printreleaf.assumptions import Assumptions
    from prsync.printreleaf.resources import Account

log = logging.getLogger(__name__)

USER_AGENT: Final = f"prsync/{__version__} (The prsync project)"
"""PrintReleaf wants a name, a version and a vendor, and refuses a library's own."""

_IN_A_HEADER: Final = re.compile(r"[\x21-\x7e]+")
_REFUSED: Final = frozenset({400, 403, 404, 405, 406, 410, 413, 415, 422, 429})
"""Statuses after which nothing was made. All others but success, also of 4xx, leave that open."""

_SUCCESS: Final = range(200, 300)
_LONGEST_MESSAGE: Final = 200

_MOST_LIST_PAGES: Final = 100_000


@dataclass(frozen=True, slots=True)
class PrintReleafManners:
    """How patient a run is, in seconds, tries and MiB. A person who waits wants no other try."""

    tries_again: int = 3
    backoff: float = 1.0
    longest_wait: int = 60
    waiting_in_all: int = 600
    answer_seconds: int = 120
    answer_megabytes: int = 64


AT_ONCE: Final = PrintReleafManners(tries_again=0)


class DepositClient(AbstractContextManager["DepositClient"]):
    """A client with one key. Every failure is a ServerError.

    A PrintReleafRefusedError or a KeyRefusedError means that nothing was made, as does any error that says that no
    connection was made; after any other a deposit may be there.
    """

    def __init__(
        self,
        settings: PrintReleafSettings,
        key: Secret,
        assumptions: Assumptions,
        *,
        manners: PrintReleafManners | None = None,
        timeouts: tuple[float, float] = TIMEOUTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.assumptions = assumptions
        self._key, self._timeouts = key, timeouts
        self._sender = Sender(
            settings.url, settings.ca_bundle, manners or PrintReleafManners(), timeouts=timeouts, sleep=sleep
        )
        self._url = self._sender.url
        # The key would be quoted by the UnicodeEncodeError of whoever tries.
        if not _IN_A_HEADER.fullmatch(key.reveal()):
            raise KeyRefusedError(self._url, "a key is one word of ASCII letters and signs")
        self._asking = self._sender.prepare(self._new_session())
        # A deposit is sent again only where it cannot have been made: without a connection, or after 429.
        self._posting = self._sender.prepare(
            self._new_session(), self._sender.retry({int(requests.codes.too_many_requests)})
        )

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.headers["User-Agent"] = USER_AGENT
        if self.assumptions.auth == "basic":
            session.auth = (self._key.reveal(), "")
        else:
            session.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        return session

    def __exit__(self, *_: object) -> None:
        self._asking.close()
        self._posting.close()

    def accounts(self) -> list[Account]:
        """The accounts that the key may see."""
        return [account_of(row, self.assumptions.accounts) for row in self._list(self.assumptions.accounts)]

    def deposits(self, account_id: str) -> list[RemoteDeposit]:
        """All deposits of an account that are not deleted, every page of them."""
        path = self._path(self.assumptions.deposits, account_id)
        return [self._deposit_of(row, path) for row in self._list(path) if not row.get("deleted")]

    def deposit(self, account_id: str, deposit_id: str) -> RemoteDeposit | None:
        """One deposit; None where there is none, or none any more."""
        path = self._path(self.assumptions.deposit, account_id, deposit_id)
        response = self._send(self._asking, "GET", path)
        if response.status_code in {requests.codes.not_found, requests.codes.gone}:
            return None
        row = self._object(path, response)
        return None if row.get("deleted") else self._deposit_of(row, path)

    def make_deposit(self, account_id: str, day: date, pages: int) -> RemoteDeposit:
        """Make a deposit, and return it as the answer tells of it."""
        path = self._path(self.assumptions.deposits, account_id)
        body: dict[str, object] = {"pages": pages}
        if self.assumptions.is_dated:
            at = f"T{self.assumptions.time_of_day}Z" if self.assumptions.date == "instant" else ""
            body["date"] = f"{day}{at}"
        response = self._send(self._posting, "POST", path, body)
        return self._deposit_of(self._object(path, response), path)

    def delete_deposit(self, account_id: str, deposit_id: str) -> None:
        """Delete a deposit. Only for one that was made on trial."""
        path = self._path(self.assumptions.deposit, account_id, deposit_id)
        self._refuse(path, self._send(self._posting, "DELETE", path))

    def _deposit_of(self, row: Mapping[str, Any], path: str) -> RemoteDeposit:
        return deposit_of(row, path, self.assumptions.time_of_day)

    def _path(self, path: str, account_id: str, deposit_id: str = "") -> str:
        # Quoted, since an id comes from a person or an answer.
        return path.replace("{account_id}", quote(account_id, safe="")).replace(
            "{deposit_id}", quote(deposit_id, safe="")
        )

    def _list(self, path: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a list, page after page; each once, should the pages overlap."""
        seen: set[str] = set()
        target: str | None = path
        for number in range(1, _MOST_LIST_PAGES):
            parameters = {self.assumptions.page: number} if self.assumptions.page else None
            response = self._send(self._asking, "GET", target or path, parameters=parameters)
            rows = self._rows(path, response)
            # As texts: an id may be anything until it is looked at.
            new = [row for row in rows if str(row.get("id")) not in seen]
            yield from new
            seen.update(str(row.get("id")) for row in new)
            target = path if self.assumptions.page else self._next(response)
            if not new or target is None:
                return
        raise PrintReleafAnswerError(path, "its list has no end")

    def _next(self, response: requests.Response) -> str | None:
        """The page that an answer's Link header says comes next, as a path; None where it names none."""
        link = response.links.get("next", {}).get("url")
        if link is None:
            return None
        try:
            following = urljoin(response.url, link)
        except ValueError as error:
            raise PrintReleafAnswerError("the list", "its next page is no URL") from error
        # The key goes nowhere else.
        if not following.startswith(f"{self._url}/"):
            raise PrintReleafAnswerError("the list", "its next page is on another host")
        return following.removeprefix(self._url)

    def _rows(self, path: str, response: requests.Response) -> list[Mapping[str, Any]]:
        document = self._document(path, response)
        if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
            raise PrintReleafAnswerError(path, "it is no array of objects")
        return document

    def _object(self, path: str, response: requests.Response) -> Mapping[str, Any]:
        document = self._document(path, response)
        if not isinstance(document, dict):
            raise PrintReleafAnswerError(path, "it is no object")
        return document

    def _document(self, path: str, response: requests.Response) -> Any:
        self._refuse(path, response)
        try:
            return document_of(response.content)
        except ValueError:
            raise PrintReleafAnswerError(path, "it is not JSON") from None

    def _refuse(self, path: str, response: requests.Response) -> None:
        """Raise what a status means that is none of success."""
        status = response.status_code
        if status in _SUCCESS:
            return
        message = self._without_key(message_of(response.content, self.assumptions.errors))
        if status == requests.codes.unauthorized:
            raise KeyRefusedError(self._url, message or "status 401")
        if status in _REFUSED:
            raise PrintReleafRefusedError(path, status, message)
        raise UnusableAnswerError(path, status, "an answer")

    def _without_key(self, message: str | None) -> str | None:
        """The message, unless it quotes the key: a server may say what it was sent."""
        key = self._key.reveal()
        encoded = b64encode(f"{key}:".encode()).decode().rstrip("=")
        if message and (key in message or encoded in message):
            return "(not shown: it quotes the key)"
        # Cut only now: half a key is hardly better than all of it.
        return message and message[:_LONGEST_MESSAGE]

    def _send(
        self,
        session: requests.Session,
        method: str,
        path: str,
        body: object = None,
        parameters: Mapping[str, int] | None = None,
    ) -> requests.Response:
        started = time.monotonic()
        response = self._sender.send(
            lambda: session.request(
                method,
                self._url + path,
                json=body,
                params=parameters,
                timeout=self._timeouts,
                allow_redirects=False,
            )
        )
        log.debug("%s %s: %s in %.3f s", method, path, response.status_code, time.monotonic() - started)
        return response
