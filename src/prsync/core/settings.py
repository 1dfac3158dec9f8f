"""What a person sets, as one value from the command line to the ledger's row: of a feed, a server, PrintReleaf."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, TypedDict

if TYPE_CHECKING:
    from datetime import date

    from prsync.core.model import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """What a person says of a feed when connecting it.

    `name` is None where the feed is to be called as its organization. `timezone` is an IANA name, `holidays` a country
    or a region of one (`DE-BY`), None for no holidays; `ceiling` is in pages. `language` and `paper` are those of its
    certificates, None for the issuer's. `account_id` is the customer's account at PrintReleaf, None where nothing is
    delivered; deposits are from `deliver_from` on.
    """

    name: str | None
    activation_date: date
    scope: Scope
    meter: str
    timezone: str
    holidays: str | None
    ceiling: int
    language: str | None = None
    paper: str | None = None
    account_id: str | None = None
    deliver_from: date | None = None


FEED_SETTINGS: Final = tuple(field.name for field in fields(FeedSettings))
"""The names of a feed's settings: its columns in the ledger and in an import file, and its options with hyphens."""


class GivenFeedSettings(TypedDict, total=False):
    """Those of a feed's settings that somebody gave."""

    name: str
    activation_date: date
    scope: Scope
    meter: str
    timezone: str
    holidays: str | None
    ceiling: int
    language: str | None
    paper: str | None
    account_id: str | None
    deliver_from: date


class FeedChanges(GivenFeedSettings, total=False):
    """What is to change of a feed. What is not in it stays as it is."""

    paused: bool
    joining_from: date | None
    """An earlier activation date, whose days the next sync is to collect; None where there are none to collect."""
    deactivated_on: date | None
    """The last day to collect of a customer who leaves; None for one who stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What a person says of a server when registering it. The password is not part of it.

    None means: none. `password_command` and `client_secret_command` are shell-quoted commands, `ca_bundle` and
    `profile` are absolute paths. On so many `connections` a long history is asked for at once.
    """

    name: str
    url: str
    username: str
    client_id: str | None = None
    password_command: str | None = None
    ca_bundle: str | None = None
    profile: str | None = None
    client_secret_command: str | None = None
    client_secret_in_keyring: bool = False
    connections: int = 1

    @property
    def has_client_secret(self) -> bool:
        """Whether the client has a secret, wherever it comes from."""
        return self.client_secret_in_keyring or self.client_secret_command is not None


class ServerChanges(TypedDict, total=False):
    """The settings of a server that change, and their new values. What is not in it stays as it is."""

    name: str
    url: str
    username: str
    client_id: str | None
    password_command: str | None
    ca_bundle: str | None
    profile: str | None
    client_secret_command: str | None
    client_secret_in_keyring: bool
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintReleafSettings:
    """Where PrintReleaf's API is. The key is not part of it: `key_command` prints it, or it is in the keyring (None).

    `ca_bundle` is an absolute path, None for the usual CAs.
    """

    url: str
    key_command: str | None = None
    ca_bundle: str | None = None
