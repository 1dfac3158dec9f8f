"""The connection to PrintReleaf: set up, asked for its accounts, tried out, and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from prsync.credentials.passwords import (
    keep_in_keyring,
    key_origin,
    keyring_name,
    read,
    remove_from_keyring,
    without_keyring,
)
from prsync.errors import NoKeyringError, NotConnectedError
from prsync.printreleaf.assumptions import FILE_NAME, Assumptions
from prsync.printreleaf.deposit_client import AT_ONCE, DepositClient
from prsync.services.locks import delivery_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from prsync.core.settings import PrintReleafSettings
    from prsync.credentials.passwords import Secret
    from prsync.printreleaf.resources import Account
    from prsync.store.ledger import Ledger
    from prsync.store.printreleaf_table import PrintReleafConnection

USUAL_URL: Final = "https://api.printreleaf.com/v1"


class ConnectPrintReleaf(Protocol):
    """How a service comes by a client of PrintReleaf; a test gives one of its own."""

    def __call__(self, ledger: Ledger) -> DepositClient:
        """A client as the ledger says; nothing has been sent yet.

        NotConnectedError where there is no connection, CredentialError if its key cannot be had.
        """


def connection_of(ledger: Ledger) -> PrintReleafConnection:
    """The connection; NotConnectedError where there is none."""
    connection = ledger.printreleaf.get()
    if connection is None:
        raise NotConnectedError
    return connection


def assumptions_file(state: Path) -> Path:
    """The file that says what differs of PrintReleaf's API, beside the ledger; it need not be there."""
    return state.with_name(FILE_NAME)


def deposit_client(ledger: Ledger) -> DepositClient:
    """A client of PrintReleaf, as the ledger says."""
    settings = connection_of(ledger).settings
    return DepositClient(settings, read(key_origin(settings)), Assumptions.load(assumptions_file(ledger.path)))


def deposit_client_at_once(ledger: Ledger) -> DepositClient:
    """The same for a command that a person waits for: nothing that fails is tried again."""
    settings = connection_of(ledger).settings
    return _client_at_once(ledger, settings, read(key_origin(settings)))


def _client_at_once(ledger: Ledger, settings: PrintReleafSettings, key: Secret) -> DepositClient:
    return DepositClient(settings, key, Assumptions.load(assumptions_file(ledger.path)), manners=AT_ONCE)


def connect(
    ledger: Ledger, settings: PrintReleafSettings, ask_key: Callable[[], Secret], now: datetime
) -> list[Account]:
    """Prove the key, keep it, then store the connection, in place of one that is there; the accounts it may see.

    A person is asked for the key only where the keyring is to keep it.
    """
    origin = key_origin(settings)
    if origin.in_keyring:
        # Asked first, so that nobody types a key which then cannot be kept.
        try:
            keyring_name()
        except NoKeyringError as error:
            raise without_keyring(origin, error) from None
    key = ask_key() if origin.in_keyring else read(origin)
    with _client_at_once(ledger, settings, key) as client:
        accounts = client.accounts()
    with delivery_lock(ledger, now):
        before = ledger.printreleaf.get()
        if origin.in_keyring:
            keep_in_keyring(origin, key)
        ledger.printreleaf.connect(settings, now)
    # What is no longer needed goes last: a run in between would find no key.
    if before is not None and (old := key_origin(before.settings)).in_keyring and old != origin:
        remove_from_keyring(old)
    return accounts


def delivered_elsewhere(ledger: Ledger, url: str) -> tuple[int, str] | None:
    """How many deposits were delivered over the connection that there is, and its URL; None if it is this one.

    They count as delivered whatever is connected later: nothing knows that another URL is another PrintReleaf.
    """
    before = ledger.printreleaf.get()
    if before is None or before.url == url:
        return None
    delivered = sum(feed.delivered for feed in ledger.deliveries.counts())
    return (delivered, before.url) if delivered else None


def disconnect(ledger: Ledger, now: datetime) -> None:
    """Forget the connection and its key. What is delivered stays delivered, and known."""
    with delivery_lock(ledger, now):
        settings = connection_of(ledger).settings
        ledger.printreleaf.disconnect()
    if (origin := key_origin(settings)).in_keyring:
        remove_from_keyring(origin)


def accounts_with_feeds(ledger: Ledger, connect: ConnectPrintReleaf) -> list[tuple[Account, list[str]]]:
    """The accounts that the key may see, each with the names of the feeds that are delivered to it."""
    feeds: dict[str, list[str]] = {}
    for feed in ledger.deliveries.feeds():
        feeds.setdefault(feed.account_id, []).append(feed.name)
    with connect(ledger) as client:
        return [(account, feeds.get(account.account_id, [])) for account in client.accounts()]
