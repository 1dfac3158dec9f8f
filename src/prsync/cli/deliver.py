"""`prsync deliver` delivers deposits into the customers' accounts at PrintReleaf."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import show
from prsync.cli.invocation import FeedsOption, JsonOption, PingOption, WaitOption, invocation_of
from prsync.cli.pinged import pinged
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.services.deliver_report import DeliverReport, FeedDelivery

# Of the days of a feed that are in doubt only so many are named: an API that changes its dates doubts all at once.
_MOST_NAMED: Final = 3


def deliver(
    context: typer.Context,
    feed: FeedsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at the accounts, and send nothing.")] = False,
    wait: WaitOption = 0,
    ping_url: PingOption = None,
    json: JsonOption = False,
) -> None:
    """Deliver deposits to PrintReleaf. Each once, into the customer's account.

    Run it after sync. What was sent and not answered is looked for before anything is sent again.
    """
    from prsync.process.clock import clock_from
    from prsync.services.deliver import run_deliver
    from prsync.services.printreleaf import deposit_client

    invocation = invocation_of(context)
    with pinged(None if dry_run else ping_url) as end:
        with (
            invocation.rehearsal() if dry_run else invocation.ledger() as ledger,
            show.progress(invocation, json=json) as watch,
        ):
            report = run_deliver(
                ledger,
                feed or (),
                connect=deposit_client,
                now=invocation.now,
                clock=clock_from(invocation.now),
                watch=watch,
                dry_run=dry_run,
                wait=wait,
            )
        # On standard error, so that cron mails them even with --quiet: each needs a person.
        lines = list(_lines_for_a_person(report))
        end.ok, end.summary = report.ok, "\n".join([_total(report, dry_run=dry_run), *(line for line, _ in lines)])
    if json:
        show.document(report.document())
    elif not invocation.quiet:
        _show_table(report, dry_run=dry_run)
    for line, name in lines:
        show.note(line, **({"feed": name} if name else {}))
    if not report.ok:
        raise typer.Exit(Status.FAILED)


def _lines_for_a_person(report: "DeliverReport") -> "Iterator[tuple[str, str | None]]":
    """What somebody has to know or to do, and for which feed."""
    for feed in report.feeds:
        if feed.error is not None and feed.error != report.lost:
            yield f"feed {feed.feed}: {feed.error}", feed.feed
        yield from _doubts(feed)
    if report.lost is not None:
        waiting = sum(feed.error == report.lost for feed in report.feeds)
        from prsync.core.text import quantity

        yield f"{report.lost} ({quantity(waiting, 'feed')} not delivered)", None


def _doubts(feed: "FeedDelivery") -> "Iterator[tuple[str, str]]":
    import shlex

    for day, why in feed.doubts[:_MOST_NAMED]:
        decides = shlex.join(["prsync", "printreleaf", "resolve", feed.feed, str(day)])
        yield f"feed {feed.feed}: {day} is {why}; {decides} --delivered ID or --send decides", feed.feed
    if (more := len(feed.doubts) - _MOST_NAMED) > 0:
        last = feed.doubts[-1][0]
        yield f"feed {feed.feed}: {more:,} more days are in doubt, the last of them {last}", feed.feed


def _show_table(report: "DeliverReport", *, dry_run: bool) -> None:
    if not report.feeds:
        show.line("No feed has an account: prsync feed update FEED --account UUID gives it one.")
        return
    columns = ("Feed", "Outcome", "From", "Through", "Sent", "Pages")
    rows = (
        (f.feed, _outcome(f, dry_run=dry_run), f.first, f.last, f"{f.sent:,}", f"{f.pages:,}") for f in report.feeds
    )
    show.table(columns, rows, right=("Sent", "Pages"))
    show.line(_total(report, dry_run=dry_run))


def _outcome(feed: "FeedDelivery", *, dry_run: bool) -> str:
    return "would deliver" if dry_run and feed.outcome == "delivered" else str(feed.outcome)


def _total(report: "DeliverReport", *, dry_run: bool) -> str:
    from prsync.core.text import quantity

    sent = "would be sent" if dry_run else "sent"
    found = sum(feed.found for feed in report.feeds)
    there = f"; {quantity(found, 'deposit')} that had no answer found there" if found else ""
    return f"{quantity(report.sent, 'deposit')} {sent}, {quantity(report.pages, 'page')}{there}"
