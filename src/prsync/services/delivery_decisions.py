"""A person decides about a deposit that is in doubt: it is there under that id, or it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.core.delivery import DeliveryState, doubt_of_answer
from prsync.errors import InvalidValueError, NotFoundError, RefusedError
from prsync.services.locks import delivery_lock
from prsync.services.sending import send
from prsync.services.values import parse_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from prsync.core.delivery import RemoteDeposit
    from prsync.services.printreleaf import ConnectPrintReleaf
    from prsync.store.delivery_records import Delivery
    from prsync.store.ledger import Ledger


def resolve(
    ledger: Ledger,
    name: str,
    day: str,
    *,
    delivered: str | None,
    send_it: bool,
    connect: ConnectPrintReleaf,
    now: datetime,
    clock: Callable[[], datetime],
) -> Delivery:
    """Decide about the day of a feed that is in doubt; the delivery as it is then.

    With an id in `delivered` the deposit there is looked at first: it must be there and have the day's pages.
    """
    if (delivered is None) is not send_it:
        raise InvalidValueError("--delivered", "or --send", "one of the two decides")
    feed = ledger.feeds.find(name)
    with delivery_lock(ledger, now):
        delivery = ledger.deliveries.find(feed.id, parse_date("DATE", day))
        if delivery.state is not DeliveryState.IN_DOUBT:
            raise RefusedError(f"deciding about {delivery.date} of feed {feed.name}", f"it is {delivery.state}")
        account_id = delivery.account_id or ""
        with connect(ledger) as client:
            if delivered is None:
                send(ledger, client, delivery, delivery.feed_account_id or account_id, clock)
            else:
                there = client.deposit(account_id, delivered)
                if there is None:
                    raise NotFoundError("deposit", delivered, f"there is none of that id in account {account_id}")
                _expect_to_be(delivery, there, account_id, dated=client.assumptions.is_dated)
                ledger.deliveries.deliver(delivery, account_id, there.remote_id, clock())
        return ledger.deliveries.find(feed.id, delivery.date)


def _expect_to_be(delivery: Delivery, there: RemoteDeposit, account_id: str, *, dated: bool) -> None:
    """RefusedError for another day's deposit, or another account's; only the one that was made may have its own day."""
    is_its_answer = there.remote_id == delivery.remote_id
    doubt = doubt_of_answer(delivery.undelivered, there, account_id=account_id, dated=dated and not is_its_answer)
    if doubt is not None:
        what = f"the deposit {there.remote_id} for {delivery.date} of feed {delivery.feed}"
        raise RefusedError(what, f"{doubt}, and the ledger has {delivery.pages:,} pages on {delivery.date}")
