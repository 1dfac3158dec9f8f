"""Sends one deposit to PrintReleaf, so that whatever happens the ledger knows what may be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.core.delivery import doubt_of_answer
from prsync.errors import (
    KeyRefusedError,
    PrintReleafRefusedError,
    RefusedError,
    ServerError,
    ServerLostError,
    TlsError,
    UnreachableError,
    UntrustedCertificateError,
    error_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from prsync.printreleaf.deposit_client import DepositClient
    from prsync.store.delivery_records import Delivery
    from prsync.store.ledger import Ledger

LOST: Final = (KeyRefusedError, UnreachableError, TlsError, UntrustedCertificateError, ServerLostError)
"""Errors after which nothing more is tried in a run: the next deposit would fare no better."""

_NOT_MADE: Final = (*LOST, PrintReleafRefusedError)
"""Errors after which nothing was made there. After any other the deposit may be there."""


def send(
    ledger: Ledger, client: DepositClient, delivery: Delivery, account_id: str, clock: Callable[[], datetime]
) -> str | None:
    """Send a deposit; why it is in doubt, None where it is delivered. What fails raises.

    It is `sending` in the ledger before the request leaves, and `delivered` after the answer. A kill in between, or an
    answer that is lost, leaves it `sending`: the next run looks for it first.
    """
    deliveries = ledger.deliveries
    deliveries.begin_sending(delivery, account_id, clock())
    try:
        made = client.make_deposit(account_id, delivery.date, delivery.pages)
    except _NOT_MADE as error:
        deliveries.end_sending(delivery, error_line(error))
        raise
    except ServerError as error:
        deliveries.note_error(delivery, error_line(error))
        raise
    doubt = doubt_of_answer(delivery.undelivered, made, account_id=account_id, dated=client.assumptions.is_dated)
    if doubt is not None:
        doubt = f"{doubt}, as {made.remote_id}"
        deliveries.doubt(delivery, account_id, doubt, made.remote_id)
        return doubt
    try:
        deliveries.deliver(delivery, account_id, made.remote_id, clock())
    except RefusedError as error:
        deliveries.doubt(delivery, account_id, error_line(error))
        return error_line(error)
    return None
