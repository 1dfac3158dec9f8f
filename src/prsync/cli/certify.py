"""`prsync certify` issues certificates, `prsync certificate` lists those issued and verifies files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import FeedsOption, Invocation, JsonOption, WaitOption, invocation_of
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
        help="Only this month; repeatable.",
        show_default="last month, and each since a feed was connected that has no certificate",
    ),
]


def certify(
    context: typer.Context,
    month: MonthsOption = None,
    since: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Every month from this one on.", show_default=False)
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
    with invocation.ledger() as ledger, show.progress(invocation, json=json) as watch:
        report = run_certify(
            ledger,
            request,
            now=invocation.now,
            local_timezone=invocation.local_timezone,
            watch=watch,
            wait=wait,
        )
    _show_report(invocation, report, request.folder, json=json)
    if not report.ok:
        raise typer.Exit(Status.FAILED)


def _show_report(invocation: Invocation, report: "CertifyReport", folder: Path, *, json: bool) -> None:
    if json:
        show.document(report.document())
    elif not invocation.quiet:
        _show_table(report, folder)
    # On standard error, so that cron mails them even with --quiet: each needs a person.
    for line, feed in _lines_for_a_person(report):
        show.note(f"feed {feed}: {line}", feed=feed)


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
    certified = sum(certificate.certificate is not None for certificate in report.certificates)
    months = f"{certified} of {len(report.certificates)} months are certified"
    show.line(f"{months}; the files are in {folder}")


def _certificate_cells(certificate: "Certificate | None") -> tuple[str | None, str | None, str | None]:
    if certificate is None:
        return None, None, None
    return certificate.number, f"{certificate.pages:,}", _trees(certificate)


def _trees(certificate: "Certificate") -> str:
    # Formatted as text: in a float, hundredths of very many trees would be lost.
    whole, _, hundredths = certificate.trees.partition(".")
    return f"{int(whole):,}.{hundredths}"


@app.command("list")
def list_(context: typer.Context, json: JsonOption = False) -> None:
    """List every certificate issued, those of removed feeds too."""
    with invocation_of(context).ledger_to_read() as ledger:
        found = ledger.certificates.all()
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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The PDF file.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Tell whether FILE is one of ours and still good. Unaltered, and the current revision; status 1 if it is not."""
    from prsync.certificates.verify import verify_file

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        found = verify_file(ledger, file.expanduser())
    if json:
        show.document(found.document())
    elif not found.ok and invocation.quiet:
        # The finding is the answer; with --quiet it is told only where the file is not good, like any other trouble.
        show.note(_verification_line(found, invocation.state))
    elif not invocation.quiet:
        show.line(_verification_line(found, invocation.state))
    if not found.ok:
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
