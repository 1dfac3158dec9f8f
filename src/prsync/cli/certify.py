"""`prsync certify` issues certificates, `prsync certificate` lists those issued and verifies files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import FeedsOption, JsonOption, PingOption, WaitOption, invocation_of
from prsync.cli.pinged import pinged
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.certificates.certify_report import CertifyReport, FeedCertificate
    from prsync.certificates.verify import Verification
    from prsync.store.records import Certificate

app = typer.Typer(help="The certificates issued.", no_args_is_help=True, rich_markup_mode=None)

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
        typer.Option(metavar="FEED YYYY-MM", help="A new revision, with the feed's name of today.", show_default=False),
    ] = None,
    wait: WaitOption = 0,
    ping_url: PingOption = None,
    json: JsonOption = False,
) -> None:
    """Issue certificates as PDF. One for each feed and month; status 1 if a month is not complete yet.

    Run it as often as you like: nothing is issued twice, and a file that was lost is restored.
    """
    from prsync.services.certify import CertifyRequest, run_certify

    invocation = invocation_of(context)
    request = CertifyRequest(
        months=month or (),
        since=since,
        feeds=feed or (),
        reissue=reissue,
        # Beside the ledger by default, so that cron's working directory does not matter.
        folder=output.expanduser() if output is not None else invocation.state.with_name("certificates"),
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
        lines = [(f"feed {name}: {line}", name) for line, name in _lines_for_a_person(report)]
        end.ok, end.summary = report.ok, "\n".join([_total(report), *(line for line, _ in lines)])
    if json:
        show.document(report.document())
    elif not invocation.quiet:
        _show_table(report, request.folder)
    for line, name in lines:
        show.note(line, feed=name)
    if not report.ok:
        raise typer.Exit(Status.FAILED)


def _lines_for_a_person(report: "CertifyReport") -> "Iterator[tuple[str, str]]":
    """What somebody has to do, and for which feed. Months of a feed that wait one after another share a line."""
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
        more = f" ({len(others)} more months wait, the last of them {others[-1].month})" if others else ""
        yield f"{first.error}{more}", feed


def _show_table(report: "CertifyReport", folder: Path) -> None:
    if not report.certificates:
        show.line(f"No feed has a day in {report.month}.")
        return
    rows = ((c.feed, c.month, c.outcome, *_certificate_cells(c.certificate)) for c in report.certificates)
    show.table(("Feed", "Month", "Outcome", "Number", "Pages", "Trees"), rows, right=("Pages", "Trees"))
    show.line(f"{_total(report)}; the files are in {folder}")


def _total(report: "CertifyReport") -> str:
    certified = sum(certificate.certificate is not None for certificate in report.certificates)
    return f"{certified} of {len(report.certificates)} months are certified"


def _certificate_cells(certificate: "Certificate | None") -> tuple[str | None, str | None, str | None]:
    if certificate is None:
        return None, None, None
    return certificate.number, f"{certificate.pages:,}", _trees(certificate)


def _trees(certificate: "Certificate") -> str:
    # Formatted as text: in a float, hundredths of very many trees would be lost.
    whole, _, hundredths = certificate.trees.partition(".")
    return f"{int(whole):,}.{hundredths}"


@app.command("list")
def list_(
    context: typer.Context,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Only this month's.", show_default=False, autocompletion=complete.months),
    ] = None,
    feed: Annotated[
        str | None,
        typer.Option(metavar="FEED", help="Only this feed's.", show_default=False, autocompletion=complete.feeds),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the certificates issued, those of removed feeds too."""
    from prsync.services.certify import certificates_of

    with invocation_of(context).ledger_to_read() as ledger:
        found = certificates_of(ledger, month=month, feed=feed)
    if json:
        show.document([certificate.document() for certificate in found])
    elif not found:
        show.line("No certificate yet: prsync certify issues last month's.")
    else:
        replaced = {certificate.replaces for certificate in found}
        rows = ((c.feed, c.number, f"{c.pages:,}", _trees(c), _standing(c, replaced)) for c in found)
        show.table(("Feed", "Number", "Pages", "Trees", "Standing"), rows, right=("Pages", "Trees"))


def _standing(certificate: "Certificate", replaced: set[str | None]) -> str:
    if certificate.number in replaced:
        return "replaced"
    return "provisional" if certificate.provisional else "current"


@app.command("verify")
def verify(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PDF files.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Tell whether FILEs are ours and still good. Unaltered, and the current revision; status 1 if one is not.

    With --json a document for one FILE, and a list of such documents for several.
    """
    from prsync.certificates.verify import verify_file
    from prsync.errors import InvalidValueError

    invocation = invocation_of(context)
    found, unreadable = [], []
    with invocation.ledger_to_read() as ledger:
        for file in files:
            try:
                found.append(verify_file(ledger, file.expanduser()))
            except InvalidValueError as error:  # the others are verified all the same
                unreadable.append(error)
    if json and not (unreadable and len(files) == 1):
        documents = [one.document() for one in found]
        show.document(documents[0] if len(files) == 1 else documents)
    for one in found:
        if not one.ok and invocation.quiet and not json:
            # The finding is the answer; with --quiet it is told only where the file is not good, like other trouble.
            show.note(_verification_line(one, invocation.state))
        elif not (invocation.quiet or json):
            show.line(_verification_line(one, invocation.state))
    for refused in unreadable:
        show.note(str(refused))
    if unreadable:
        raise typer.Exit(Status.WRONG_INPUT)
    if not all(one.ok for one in found):
        raise typer.Exit(Status.FAILED)


def _verification_line(verification: "Verification", state: Path) -> str:
    issued = verification.certificate
    if issued is None:
        return f"{verification.file} is no certificate of the ledger {state}"
    what = f"{issued.number} of {issued.feed} for {issued.month}"
    if verification.verdict == "altered":
        return f"{verification.file} is ALTERED: it says that it is {what}, but it is not the file that was issued"
    figures = f"{issued.pages:,} pages, {_trees(issued)} trees, issued {issued.issued_at:%Y-%m-%d}"
    if verification.replaced_by is not None:
        return f"{verification.file} is genuine but REPLACED by {verification.replaced_by}: {what}, {figures}"
    standing = "provisional, the complete month is not certified yet" if issued.provisional else "current"
    return f"{verification.file} is genuine and {standing}: {what}, {figures}"
