"""Tries PrintReleaf's API out: makes a deposit of one page in an account, looks at it, and deletes it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.errors import ServerError, error_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from prsync.core.delivery import RemoteDeposit
    from prsync.printreleaf.deposit_client import DepositClient


@dataclass(frozen=True, slots=True)
class TrialFinding:
    """One thing that the trial has shown. `ok` is None where it is neither as assumed nor otherwise."""

    about: str
    ok: bool | None
    found: str

    def document(self) -> dict[str, object]:
        """The entry of `tried` in the output of `printreleaf connect --json`."""
        return {"about": self.about, "ok": self.ok, "found": self.found}


def try_out(client: DepositClient, account_id: str, day: date) -> Iterator[TrialFinding]:
    """Make a deposit of one page, dated `day`, and say what the API really takes. It is deleted in the end."""
    made = client.make_deposit(account_id, day, 1)
    yield TrialFinding("made", True, f"a deposit of 1 page, {made.remote_id}")
    try:
        yield from _looked_at(client, account_id, made, day)
    except ServerError as error:
        yield TrialFinding("looked at", False, error_line(error))
    except BaseException:  # a bug, or whoever has stopped it
        _deleted(client, account_id, made.remote_id)
        raise
    yield _deleted(client, account_id, made.remote_id)


def _looked_at(client: DepositClient, account_id: str, made: RemoteDeposit, day: date) -> Iterator[TrialFinding]:
    yield _date(client, "the answer", made, day)
    found = client.deposit(account_id, made.remote_id)
    if found is None:
        yield TrialFinding("found", False, "it cannot be found by its id (deposit in printreleaf.toml)")
    else:
        yield TrialFinding("found", found.pages == 1, f"by its id, with {found.pages} page")
        yield _date(client, "the deposit", found, day)
    listed = client.deposits(account_id)
    is_listed = any(one.remote_id == made.remote_id for one in listed)
    said = "it is" if is_listed else "it is not (yet; or lists come in pages: page in printreleaf.toml)"
    yield TrialFinding("listed", is_listed, f"{said} among {len(listed):,}")


def _date(client: DepositClient, what: str, deposit: RemoteDeposit, day: date) -> TrialFinding:
    if not client.assumptions.is_dated:
        return TrialFinding("date", None, f"none was sent; {what} says {deposit.day or 'none that can be read'}")
    if deposit.day is None:
        return TrialFinding("date", False, f"that of {what} cannot be read; a lost answer would stay in doubt")
    if deposit.day != day:
        return TrialFinding("date", False, f"{what} says {deposit.day} and not {day} (date in printreleaf.toml)")
    return TrialFinding("date", True, f"{what} says {day}, as sent")


def _deleted(client: DepositClient, account_id: str, deposit_id: str) -> TrialFinding:
    by_hand = f"delete the deposit {deposit_id} of account {account_id} by hand"
    try:
        client.delete_deposit(account_id, deposit_id)
        is_gone = client.deposit(account_id, deposit_id) is None
    except ServerError as error:
        return TrialFinding("deleted", False, f"{error_line(error)}; {by_hand}")
    return TrialFinding("deleted", is_gone, "it is gone again" if is_gone else f"it is there still; {by_hand}")
