"""What this account, in this environment, can and cannot do: run from the crontab line, it tells what cron will find.

Nobody is asked for anything, and nothing is changed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import ssl
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from prsync.core.model import Health
from prsync.core.periods import last_closed_day
from prsync.core.text import quantity
from prsync.credentials.passwords import key_origin, keyring_name, origins_of, read
from prsync.errors import LedgerError, NoKeyringError, NoLedgerError, PrsyncError, error_line
from prsync.services.feed_questions import FeedQuestions
from prsync.services.finding import Finding
from prsync.services.health import doubt_of_clock
from prsync.services.holidays import expect_known
from prsync.services.issuer_check import issuer_findings
from prsync.services.runs import outcome_of
from prsync.services.server_access import check_access
from prsync.services.shared_devices import shared_device_lines
from prsync.store.checks import damage, why_not_writable
from prsync.store.ledger import Access, Ledger
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prsync.credentials.passwords import Origin
    from prsync.services.printreleaf import ConnectPrintReleaf
    from prsync.services.server_access import Connect
    from prsync.store.records import Feed, Server
    from prsync.threemanager.client import ThreeManager

LONGEST_BETWEEN_SYNCS: Final = timedelta(hours=26)
"""After this a nightly run has been missed: a day, and as long as a long run may begin later than the one before."""

CLOCK_TOLERANCE: Final = timedelta(minutes=1)
"""How far the ledger may be ahead of us: a run may end while we look."""

_MOST_ASKED: Final = 5
"""Of the feeds that failed only so many are asked for again: a person waits."""

_OTHERS_MAY: Final = stat.S_IRWXG | stat.S_IRWXO
_SENDMAIL_PATH: Final = "/usr/sbin:/usr/lib:/usr/bin"


def examine(
    state: Path,
    now: datetime,
    local_timezone: str,
    connect: Connect | None = None,
    connect_printreleaf: ConnectPrintReleaf | None = None,
) -> Iterator[Finding]:
    """Look at everything a nightly run needs, one finding each.

    At the servers only with `connect`, at PrintReleaf, where that is set up, only with `connect_printreleaf`.
    """
    yield Finding("account", None, f"{_account()}, HOME {os.environ.get('HOME', 'not set')}")
    yield from _ledger(state)
    try:
        # A copy of it: looking at a ledger must not bring it up to date, and never makes one.
        with Ledger(state, Access.REHEARSE) as ledger:
            yield from _servers(ledger, connect, now)
            yield from issuer_findings(ledger)
            yield from _printreleaf(ledger, connect_printreleaf)
            yield _clock(ledger, now, local_timezone)
            yield _last_sync(ledger, now)
            for line in shared_device_lines(ledger.shared_devices.all()):
                yield Finding("devices", None, line)
    except NoLedgerError:
        pass  # said above
    except LedgerError as error:
        yield Finding("ledger", False, error_line(error))
    yield from _mail()


def _account() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's arbitrary user has no name
        return f"user {os.getuid()}"


def _ledger(path: Path) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        hint = "prsync server add makes one; if there is one elsewhere, PRSYNC_STATE says where"
        yield Finding("ledger", False, f"none at {path}: {hint}")
        return
    except OSError as error:
        yield Finding("ledger", False, f"{path}: {error.strerror}")
        return
    # The ledger holds what customers print; no password, but nobody else's business either.
    private = not mode & _OTHERS_MAY
    others = "" if private else f", which lets others read it: chmod 600 {path}"
    yield Finding("ledger", private, f"{path}, mode {mode:04o}{others}")
    yield _whole(path)
    yield _writable(path)


def _whole(path: Path) -> Finding:
    found = damage(path)
    if found is not None:
        return Finding("whole", False, f"{found}: restore a backup, docs/ledger.md says how")
    return Finding("whole", True, "yes")


def _writable(path: Path) -> Finding:
    reason = why_not_writable(path)
    if reason is not None:
        return Finding("writable", False, f"{reason}: can this account write {path.name} and its folder?")
    return Finding("writable", True, "yes")


def _servers(ledger: Ledger, connect: Connect | None, now: datetime) -> Iterator[Finding]:
    servers = ledger.servers.all()
    # Asked once, and before the passwords: where it cannot be used, each of them would wait for it in vain.
    secrets = {server.name: origins_of(server.settings) for server in servers}
    keyring = _keyring(needed=any(origin.in_keyring for origins in secrets.values() for origin in origins))
    yield keyring
    for server in servers:
        found = [_secret(origin, keyring) for origin in secrets[server.name]]
        if server.ca_bundle is not None:
            found.append(_ca_bundle(server.name, server.ca_bundle, now))
        yield from found
        # What keeps us from asking it is said already.
        if connect is not None and all(one.ok for one in found):
            yield from _answers(ledger, server, connect, now)
        elif connect is None and server.health is Health.UNHEALTHY:
            yield Finding(f"server {server.name}", None, f"did not let us in at the last check: {server.health_error}")
    if not servers:
        yield Finding("servers", False, "none is registered, so a run collects nothing: prsync server add")


def _keyring(*, needed: bool) -> Finding:
    try:
        return Finding("keyring", True, f"{keyring_name(may_prompt=False)}, unlocked")
    except NoKeyringError as error:
        found = error_line(error) if needed else f"cannot be used here, and no server needs it so far: {error.reason}"
        return Finding("keyring", False if needed else None, found)


def _secret(origin: Origin, keyring: Finding) -> Finding:
    about = f"{origin.what} of {origin.server}"
    # The reason stands in the finding about the keyring; once is enough.
    if origin.in_keyring and not keyring.ok:
        return Finding(about, False, "it is in the keyring, which cannot be used here")
    try:
        read(origin, may_prompt=False)
    except PrsyncError as error:
        return Finding(about, False, error_line(error))
    return Finding(about, True, f"comes out of {'the keyring' if origin.in_keyring else 'its command'}")


def _ca_bundle(server: str, path: str, now: datetime) -> Finding:
    about, hint = f"CA of {server}", f"{shlex.join(['prsync', 'server', 'update', server])} --ca-bundle names another"
    try:
        certificates = ssl.create_default_context(cafile=path).get_ca_certs()
    except ssl.SSLError:
        return Finding(about, False, f"{path} holds no CA certificate in PEM form: {hint}")
    except OSError as error:
        return Finding(about, False, f"{path}: {error.strerror}: {hint}")
    if not certificates:  # one of a server itself may be trusted, and is none of a CA
        return Finding(about, None, f"{path} holds no CA's certificate; the connection tells whether it will do")
    seconds = max(ssl.cert_time_to_seconds(str(found["notAfter"])) for found in certificates)
    ends = datetime.fromtimestamp(seconds, UTC)
    if ends < now:
        return Finding(about, False, f"{path} has expired on {ends:%Y-%m-%d}: {hint}")
    return Finding(about, True, f"{path}, valid until {ends:%Y-%m-%d}")


def _answers(ledger: Ledger, server: Server, connect: Connect, now: datetime) -> Iterator[Finding]:
    """Whether the server lets us in, and answers for the feeds that failed in the last run, or else for the first."""
    about = f"server {server.name}"
    feeds = [feed for feed in ledger.feeds.of_server(server.id) if feed.is_active]
    if not feeds:
        yield Finding(about, None, "has no feed to collect, and is not asked")
        return
    try:
        with connect(server) as client:
            check_access(client, now)
            yield Finding(about, True, f"{server.url} lets {server.username} in")
            failed = [feed for feed in feeds if feed.last_error is not None]
            # Who has waited longest is the first of tonight's run.
            first = min(feeds, key=lambda feed: (feed.synced_through, feed.name))
            for feed in failed[:_MOST_ASKED] or [first]:
                yield _answer_for(feed, client, now)
            if len(failed) > _MOST_ASKED:
                yield Finding(about, None, f"{quantity(len(failed) - _MOST_ASKED, 'more feed')} failed in the last run")
    except PrsyncError as error:
        yield Finding(about, False, error_line(error))


def _answer_for(feed: Feed, client: ThreeManager, now: datetime) -> Finding:
    yesterday = last_closed_day(now, feed.timezone)
    try:
        FeedQuestions(client=client, feed=feed, yesterday=yesterday).ask(yesterday)
        expect_known(feed.holidays)
    except PrsyncError as error:
        return Finding(f"feed {feed.name}", False, error_line(error))
    if feed.last_error is None:
        return Finding(f"feed {feed.name}", True, f"its devices are answered for, as of {yesterday}")
    return Finding(f"feed {feed.name}", None, f"is answered for now; it failed in the last run: {feed.last_error}")


def _printreleaf(ledger: Ledger, connect: ConnectPrintReleaf | None) -> Iterator[Finding]:
    connection = ledger.printreleaf.get()
    if connection is None:
        return
    origin = key_origin(connection.settings)
    try:
        read(origin, may_prompt=False)
    except PrsyncError as error:
        yield Finding("key of PrintReleaf", False, error_line(error))
        return
    yield Finding("key of PrintReleaf", True, f"comes out of {'the keyring' if origin.in_keyring else 'its command'}")
    if connect is None:
        return
    try:
        with connect(ledger) as client:
            seen = {account.account_id for account in client.accounts()}
    except PrsyncError as error:
        yield Finding("PrintReleaf", False, error_line(error))
        return
    yield Finding(
        "PrintReleaf", True, f"{connection.url} takes the key, which may see {quantity(len(seen), 'account')}"
    )
    for feed in ledger.deliveries.feeds():
        if feed.account_id not in seen:
            hint = "prsync printreleaf accounts lists those that it sees"
            # Not BAD: it may be below one that is listed.
            yield Finding(f"feed {feed.name}", None, f"the key does not list its account {feed.account_id}: {hint}")


def _clock(ledger: Ledger, now: datetime, local_timezone: str) -> Finding:
    about = f"{now:%Y-%m-%d %H:%M:%S} UTC, time zone {local_timezone}"
    # Whatever wrote the ledger last saw a clock, too: one that is behind it now was wrong then or is wrong now.
    marks = [run.finished_at or run.started_at for run in ledger.runs.last(1)]
    marks += [server.health_checked_at or server.created_at for server in ledger.servers.all()]
    if (latest := max(marks, default=now)) > now + CLOCK_TOLERANCE:
        wrong = f"the ledger has been written at {latest:%Y-%m-%d %H:%M:%S} UTC already; is the clock set?"
        return Finding("clock", False, f"{about}: {wrong}")
    last_run_at = ledger.feeds.last_run_at()
    doubts = (doubt_of_clock(feed, now, last_run_at) for feed in ledger.feeds.all() if feed.is_active)
    if (doubt := next(filter(None, doubts), None)) is not None:
        return Finding("clock", False, error_line(doubt))
    return Finding("clock", True, about)


def _last_sync(ledger: Ledger, now: datetime) -> Finding:
    last = ledger.runs.last_of("sync", now)
    if last is None:
        since = min((feed.created_at for feed in ledger.feeds.all() if feed.is_active), default=now)
        if now - since > LONGEST_BETWEEN_SYNCS:
            added = f"{since:%Y-%m-%d %H:%M} UTC"
            return Finding("last sync", False, f"none since the first feed was added, {added}: does cron run?")
        return Finding("last sync", None, "none yet")
    outcome = outcome_of(ledger, last)
    if outcome is RunOutcome.KILLED:
        # It may have ended since this copy was made: another copy has what it has written then.
        with Ledger(ledger.path, Access.REHEARSE) as later:
            outcome = outcome_of(later, later.runs.get(last.id))
    found = f"{last.started_at:%Y-%m-%d %H:%M} UTC, {outcome}"
    if now - last.started_at > LONGEST_BETWEEN_SYNCS:
        question = "is it stuck?" if outcome is RunOutcome.RUNNING else "does cron run?"
        return Finding("last sync", False, f"{found}, more than a night ago: {question}")
    # A failure of last night need not fail tonight: what is wrong now is for the health check to say.
    if outcome in {RunOutcome.OK, RunOutcome.RUNNING}:
        return Finding("last sync", True, found)
    is_cut_short = outcome in {RunOutcome.KILLED, RunOutcome.STOPPED}
    tells = "run show sync tells whom it left out" if is_cut_short else "health tells what is wrong now"
    return Finding("last sync", None, f"{found}: prsync {tells}")


def _mail() -> Iterator[Finding]:
    if shutil.which("sendmail", path=f"{os.environ.get('PATH', '')}:{_SENDMAIL_PATH}") is None:
        yield Finding("mail", None, "there is no sendmail here: what cron has to say reaches nobody")
