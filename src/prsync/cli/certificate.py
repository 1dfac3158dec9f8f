"""`prsync certificate`: those issued, whether a file is one of them, and what lets anybody else check it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import BrandOption, JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prsync.certificates.genuine.issuer_key import PublicKey
    from prsync.certificates.genuine.verify import Verification
    from prsync.cli.invocation import Invocation
    from prsync.errors import InvalidValueError
    from prsync.store.records import Certificate

app = typer.Typer(help="The certificates issued.", no_args_is_help=True, rich_markup_mode=None)
_key_app = typer.Typer(help="The key they are signed with.", invoke_without_command=True, rich_markup_mode=None)
app.add_typer(_key_app, name="key")


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
        chosen = month or feed
        show.line("No certificate of these." if chosen else "No certificate yet: prsync certify issues last month's.")
    else:
        replaced = {certificate.replaces for certificate in found}
        rows = ((c.feed, c.number, f"{c.pages:,}", show.trees(c.trees), _standing(c, replaced)) for c in found)
        show.table(("Feed", "Number", "Pages", "Trees", "Standing"), rows, right=("Pages", "Trees"))


def _standing(certificate: "Certificate", replaced: set[str | None]) -> str:
    if certificate.number in replaced:
        return "replaced"
    return "provisional" if certificate.provisional else "current"


@app.command("verify")
def verify(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PDF files.", show_default=False)],
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The issuer's public key; no ledger is needed then.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Tell whether FILEs are ours and still good. Unaltered, and the current revision; status 1 if one is not.

    With --json a document for one FILE, and a list of such documents for several.
    """
    from prsync.errors import InvalidValueError
    from prsync.process.files import from_home
    from prsync.services.issuer import read_public_key

    invocation = invocation_of(context)
    if key is None and not invocation.state.exists():
        raise InvalidValueError("--state", str(invocation.state), "is no ledger; --key names the issuer's public key")
    found, unreadable = _verified(invocation, files, read_public_key(from_home(key)) if key else None)
    if json and not (unreadable and len(files) == 1):
        documents = [one.document() for one in found]
        show.document(documents[0] if len(files) == 1 else documents)
    for one in found:
        line = _verification_line(one, invocation.state, key)
        if not one.ok and invocation.quiet and not json:
            # The finding is the answer; with --quiet it is told only where the file is not good, like other trouble.
            show.note(line)
        elif not (invocation.quiet or json):
            show.line(line)
    for refused in unreadable:
        show.note(str(refused))
    if unreadable:
        raise typer.Exit(Status.WRONG_INPUT)
    if not all(one.ok for one in found):
        raise typer.Exit(Status.FAILED)


def _verified(
    invocation: "Invocation", files: "Sequence[Path]", key: "PublicKey | None"
) -> "tuple[list[Verification], list[InvalidValueError]]":
    from prsync.certificates.genuine.verify import verify_by_key, verify_file

    if key is not None:
        return _each(files, partial(verify_by_key, key))
    with invocation.ledger_to_read() as ledger:
        return _each(files, partial(verify_file, ledger))


def _each(
    files: "Sequence[Path]", verify: "Callable[[Path], Verification]"
) -> "tuple[list[Verification], list[InvalidValueError]]":
    """What each file turned out to be, and those that cannot be read: the others are verified all the same."""
    from prsync.errors import InvalidValueError
    from prsync.process.files import from_home

    found, unreadable = [], []
    for file in files:
        try:
            found.append(verify(from_home(file)))
        except InvalidValueError as error:
            unreadable.append(error)
    return found, unreadable


def _verification_line(verification: "Verification", state: Path, key: Path | None) -> str:
    """One line for a person, of a file that was checked by the ledger, or by a key if one was given."""
    file, issued = verification.file, verification.certificate
    if issued is not None:
        return _line_of_issued(verification, issued)
    match verification.verdict:
        case "genuine":
            return f"{file} is genuine: {verification.number}; whether it has been replaced, only its issuer can tell"
        case "other_issuer":
            return f"{file} is signed by ANOTHER issuer than that of {key}"
        case "altered":
            return f"{file} is ALTERED: it is not the file that the issuer of {key} has signed"
        case _ if verification.number is not None:
            return (
                f"{file} is signed by your key as {verification.number}, which the ledger {state} does not know;"
                " was an older backup restored?"
            )
        case _:
            return f"{file} is no " + ("signed certificate" if key else f"certificate of the ledger {state}")


def _line_of_issued(verification: "Verification", issued: "Certificate") -> str:
    what = f"{issued.number} of {issued.feed} for {issued.month}"
    if verification.verdict == "altered":
        return f"{verification.file} is ALTERED: it says that it is {what}, but it is not the file that was issued"
    figures = f"{issued.pages:,} pages, {show.trees(issued.trees)} trees, issued {issued.issued_on}"
    if verification.replaced_by is not None:
        return f"{verification.file} is genuine but REPLACED by {verification.replaced_by}: {what}, {figures}"
    standing = "provisional, the complete month is not certified yet" if issued.provisional else "current"
    return f"{verification.file} is genuine and {standing}: {what}, {figures}"


@_key_app.callback()
def key(context: typer.Context, json: JsonOption = False) -> None:
    """Show the public key by which anybody can verify the certificates, and its fingerprint."""
    from prsync.services.issuer import public_key

    if context.invoked_subcommand is not None:
        return
    with invocation_of(context).ledger_to_read() as ledger:
        found = public_key(ledger)
    if json:
        show.document({"fingerprint": found.fingerprint, "public_key": found.pem})
    else:
        show.line(found.pem.strip())
        show.line(f"SHA-256 {found.fingerprint}")


@_key_app.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where it goes, as PEM.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Write the public key into a file. It is no secret.

    Who has it can verify your certificates without your ledger.
    """
    from prsync.process.files import from_home
    from prsync.services.issuer import export_key

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        found = export_key(ledger, from_home(file))
    if json:
        show.document({"file": str(file), "fingerprint": found.fingerprint})
    elif not invocation.quiet:
        show.line(f"{file} holds the public key, SHA-256 {found.fingerprint}")


@app.command("page")
def page(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where index.html goes.", show_default=False)],
    brand: BrandOption = None,
    json: JsonOption = False,
) -> None:
    """Write the page on which anybody can check one.

    One file for your web server, where verify_url leads. It checks in the browser, and asks nobody.
    """
    from prsync.process.files import from_home
    from prsync.services.issuer import write_public_page

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        file = write_public_page(ledger, from_home(folder), brand and from_home(brand))
    if json:
        show.document({"file": str(file)})
    elif not invocation.quiet:
        show.line(f"{file} is written; put it where verify_url leads")
