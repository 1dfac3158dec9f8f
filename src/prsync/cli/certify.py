"""`prsync certify` issues certificates."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import BrandOption, FeedsOption, JsonOption, PingOption, WaitOption, invocation_of
from prsync.cli.pinged import pinged
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prsync.certificates.certify_report import CertifyReport, FeedCertificate, ReportedCertificate
    from prsync.cli.invocation import Invocation

MonthsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--month",
        metavar="YYYY-MM",
        autocompletion=complete.months,
        help="Only this month; repeatable.",
        show_default="last month, and each since a feed was connected that has no certificate",
    ),
]


def certify(
    context: typer.Context,
    month: MonthsOption = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM", help="Every month from this one on.", show_default=False, autocompletion=complete.months
        ),
    ] = None,
    feed: FeedsOption = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the PDF files go.", show_default="certificates, beside the ledger"),
    ] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="Certify incomplete months too, marked provisional.")
    ] = False,
    reissue: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="FEED YYYY-MM",
            help="A new revision, with the feed's name of today.",
            show_default=False,
            autocompletion=complete.reissued,
        ),
    ] = None,
    brand: BrandOption = None,
    preview: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pdf", help="Only draw a sample, with the brand as it is.", show_default=False),
    ] = None,
    wait: WaitOption = 0,
    ping_url: PingOption = None,
    json: JsonOption = False,
) -> None:
    """Issue certificates as PDF. One for each feed and month; status 1 if a month is not complete yet.

    Run it as often as you like: nothing is issued twice, and a file that was lost is restored.
    """
    from prsync.errors import InvalidValueError
    from prsync.process.files import from_home
    from prsync.services.certify import CertifyRequest, run_certify

    invocation = invocation_of(context)
    if preview is not None:
        if any((month, since, reissue, output, allow_incomplete, wait)):
            raise InvalidValueError("--preview", str(preview), "goes with --feed and --brand only: nothing is issued")
        if preview.suffix.lower() != ".pdf":
            raise InvalidValueError("--preview", str(preview), "does not end in .pdf")
        _preview(invocation, preview, feeds=feed or (), brand=brand, json=json)
        return
    request = CertifyRequest(
        months=month or (),
        since=since,
        feeds=feed or (),
        reissue=reissue,
        # Beside the ledger by default, so that cron's working directory does not matter.
        folder=from_home(output) if output is not None else invocation.state.with_name("certificates"),
        brand=brand and from_home(brand),
        allow_incomplete=allow_incomplete,
    )
    with pinged(ping_url) as end:
        with invocation.ledger() as ledger, show.progress(invocation, json=json) as watch:
            report = run_certify(
                ledger,
                request,
                now=invocation.now,
                local_timezone=invocation.local_timezone,
                watch=watch,
                wait=wait,
            )
        # On standard error, so that cron mails them even with --quiet: each needs a person.
        lines = [(f"feed {name}: {line}", {"feed": name}) for line, name in _lines_for_a_person(report)]
        foreign = "{} is none of this ledger's, as {} is: was an older backup restored? Move it away"
        again = "{} is of the same month as {}, of a feed that was removed: take that one back, if it was handed out"
        lines += [(again.format(number, before), {}) for number, before in report.twice.items()]
        lines += [(foreign.format(stray, own.name), {}) for stray, own in report.strays.items()]
        end.ok, end.summary = report.ok, "\n".join([_total(report), *(line for line, _ in lines)])
    if json:
        show.document(report.document())
    elif not invocation.quiet:
        _show_table(report, request.folder)
    for line, names in lines:
        show.note(line, **names)
    if not report.ok:
        raise typer.Exit(Status.FAILED)


def _preview(invocation: "Invocation", file: Path, *, feeds: "Sequence[str]", brand: Path | None, json: bool) -> None:
    from prsync.errors import InvalidValueError
    from prsync.process.files import from_home
    from prsync.services.certificate_preview import write_preview

    if len(feeds) > 1:
        raise InvalidValueError("--feed", ", ".join(feeds), "a sample is of one feed")
    feed = feeds[0] if feeds else None
    # Who makes a brand need not have a ledger yet; who names a feed has one.
    has_ledger = invocation.state.exists() or feed is not None
    with invocation.ledger_to_read() if has_ledger else nullcontext() as ledger:
        named = write_preview(
            from_home(file),
            ledger,
            state=invocation.state,
            feed=feed,
            brand=brand and from_home(brand),
            now=invocation.now,
        )
    if json:
        show.document({"file": str(file), "feed": named})
    elif not invocation.quiet:
        show.line(f"A sample for {named} is in {file}; nothing was issued.")


def _lines_for_a_person(report: "CertifyReport") -> "Iterator[tuple[str, str]]":
    """What somebody has to do, and for which feed. Months of a feed that wait one after another share a line."""
    from prsync.core.text import quantity

    waiting: dict[str, list[FeedCertificate]] = {}
    for certificate in report.certificates:
        if certificate.outcome == "pending":
            if not certificate.ok:
                waiting.setdefault(certificate.feed, []).append(certificate)
        elif certificate.error:
            yield f"{certificate.month}: {certificate.error}", certificate.feed
        if certificate.was_altered:
            yield f"{certificate.file} was not as issued, and is restored", certificate.feed
    for feed, (first, *others) in waiting.items():
        more = f" (and {quantity(len(others), 'more month')} to {others[-1].month})" if others else ""
        yield f"{first.error}{more}", feed


def _show_table(report: "CertifyReport", folder: Path) -> None:
    if not report.certificates:
        show.line(f"No feed has a day in {report.month}.")
        return
    rows = ((c.feed, c.month, _outcome(c), *_certificate_cells(c.certificate)) for c in report.certificates)
    show.table(("Feed", "Month", "Outcome", "Number", "Pages", "Trees"), rows, right=("Pages", "Trees"))
    for one in report.certificates:
        # What nobody has to do anything about is told here, and not by cron's mail.
        if one.outcome == "pending" and one.ok and one.error:
            show.line(f"{one.feed}: {one.error}")
    has_files = any(one.certificate is not None for one in report.certificates)
    show.line(f"{_total(report)}; the files are in {folder}" if has_files else _total(report))


def _outcome(one: "FeedCertificate") -> str:
    is_provisional = one.certificate is not None and one.certificate.provisional
    return f"{one.outcome}, provisional" if is_provisional else one.outcome


def _total(report: "CertifyReport") -> str:
    certified = sum(one.certificate is not None and one.outcome != "failed" for one in report.certificates)
    is_one = len(report.certificates) == 1
    return f"{certified} of {len(report.certificates)} month{' is' if is_one else 's are'} certified"


def _certificate_cells(certificate: "ReportedCertificate | None") -> tuple[str | None, str | None, str | None]:
    if certificate is None:
        return None, None, None
    return certificate.number, f"{certificate.pages:,}", show.trees(certificate.trees)
