"""The API of the simulated PrintReleaf: accounts, and deposits that can be listed, found, made and deleted."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from prsync.demo.received import RefusedError, Reply
from prsync.demo.traffic import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from prsync.demo.received import Received

_DEPOSITS: Final = re.compile(r"/v1/accounts/([^/]+)/deposits(?:/([^/]+))?")
_ROWS_PER_PAGE: Final = 100


@dataclass
class PrintReleafApi:
    """What one key may see, and how the server departs from the ordinary case.

    `accounts` are names by id, `deposits` objects as they are answered. A deposit is listed once `lag` more requests
    have come; `echo` writes the date that a deposit was made with, as answers have it. Lists come in pages where
    `is_paged`.
    """

    key: str
    accounts: dict[str, str]
    deposits: list[dict[str, Any]] = field(default_factory=list)
    lag: int = 0
    echo: Callable[[str], Any] = field(default=str)
    is_paged: bool = False
    requests: int = 0
    listed_from: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def noted(self, received: Received) -> Request:
        """A request as the simulator's `requests` show it."""
        return Request(received.method, received.path, received.query, received.headers.get("user-agent", ""))

    def answer(self, received: Received) -> Reply:
        """Do what a request asks for, and say what is answered."""
        with self._lock:
            self.requests += 1
            try:
                return self._answer(received)
            except RefusedError as refused:
                status, message = refused.args
                return Reply(status, {"message": message})

    def _answer(self, received: Received) -> Reply:
        agent = received.headers.get("user-agent", "")
        if not re.fullmatch(r"[^/]+/[^ ]+ \(.+\)", agent):
            raise RefusedError(403, "A descriptive User-Agent is required.")
        bearer = received.headers.get("authorization") == f"Bearer {self.key}"
        if received.basic != (self.key, "") and not bearer:
            raise RefusedError(401, "Invalid API key.")
        if received.path == "/v1/accounts" and received.method == "GET":
            rows = [{"id": one, "name": name, "display_name": name} for one, name in self.accounts.items()]
            return Reply(200, self._page(rows, received))
        found = _DEPOSITS.fullmatch(received.path)
        if found is None or found[1] not in self.accounts:
            raise RefusedError(404, "Not found.")
        account_id, deposit_id = found[1], found[2]
        if deposit_id is not None:
            return self._of_one(received.method, account_id, deposit_id)
        if received.method == "POST":
            return self._make(account_id, received)
        listed = [one for one in self.of(account_id) if self.listed_from[one["id"]] <= self.requests]
        return Reply(200, self._page(listed, received))

    def _page(self, rows: list[dict[str, Any]], received: Received) -> list[dict[str, Any]]:
        if not self.is_paged:
            return rows
        first = (int(received.query.get("page", "1")) - 1) * _ROWS_PER_PAGE
        return rows[first : first + _ROWS_PER_PAGE]

    def of(self, account_id: str) -> list[dict[str, Any]]:
        """The deposits of an account, also those not listed yet."""
        return [one for one in self.deposits if one["account_id"] == account_id]

    def _of_one(self, method: str, account_id: str, deposit_id: str) -> Reply:
        for one in self.of(account_id):
            if one["id"] == deposit_id:
                if method == "DELETE":
                    self.deposits.remove(one)
                return Reply(200, one)
        raise RefusedError(404, "Not found.")

    def _make(self, account_id: str, received: Received) -> Reply:
        try:
            given = json.loads(received.body)
            pages = int(given["pages"])
        except (ValueError, KeyError, TypeError):
            raise RefusedError(422, "Pages is required.") from None
        return Reply(201, self.make(account_id, pages, given.get("date", "2026-11-24T02:00:00Z")))

    def make(self, account_id: str, pages: int, date: str) -> dict[str, Any]:
        """Make a deposit, as anybody may."""
        made = {
            "id": str(uuid.uuid4()),
            "account_id": account_id,
            "feed_id": None,
            "date": self.echo(date),
            "pages": pages,
            "width": 0.2159,
            "height": 0.2794,
            "gsm": None,
            "paper_type_id": None,
        }
        self.deposits.append(made)
        self.listed_from[made["id"]] = self.requests + self.lag
        return made
