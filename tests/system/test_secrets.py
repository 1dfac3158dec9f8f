"""Run everything, as loud as it gets, and look everywhere: no password, no token, of a device but its five fields."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
from pypdf import PdfReader
from tests.support import Prsync, rows
from tests.support.keyring_session import keyring_session, needs_keyring
from tests.system.at import always_at

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support import Done

    from prsync.demo.simulator import Simulator
    from prsync.demo.traffic import Request

NOW: Final = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
TODAY: Final = NOW.date()
LOUD: Final = ((), ("-v",), ("-v", "--log-format", "json"))


@dataclass
class Loud:
    """Runs prsync as quietly, loudly and formally as it can be run, and keeps every word of it."""

    prsync: Prsync
    environment: Mapping[str, str]
    heard: list[str] = field(default_factory=list)

    def __call__(self, *arguments: object, stdin: str = "", loud: tuple[tuple[str, ...], ...] = LOUD) -> Done:
        for options in loud:
            done = self.prsync(*options, *arguments, stdin=stdin, env=self.environment)
            self.heard += [done.stdout, done.stderr]
        return done

    def once(self, *arguments: object, stdin: str = "", status: int = 0) -> Done:
        done = self(*arguments, stdin=stdin, loud=(("-v", "--log-format", "json"),))
        assert done.status == status, done.stderr
        return done


@pytest.fixture
def loud(prsync: Prsync, tmp_path: Path) -> Iterator[Loud]:
    with keyring_session(tmp_path / "keyring") as session:
        yield Loud(always_at(NOW, prsync), session.environment)


def _spellings(secret: str) -> set[bytes]:
    """A secret as it is, and as it might be encoded on its way."""
    plain = secret.encode()
    return {plain, base64.b64encode(plain).rstrip(b"="), quote(secret, safe="").encode(), plain.hex().encode()}


def _found(content: bytes, simulator: Simulator) -> set[str]:
    """Which secrets and temptations stand in it."""
    secrets = {secret for secret in simulator.secrets if any(word in content for word in _spellings(secret))}
    tempting = {word for word in simulator.unwanted_markers if word.encode() in content}
    return secrets | tempting | {word for word in ("Authorization", "Bearer ") if word.encode() in content}


def _leaking(file: Path, simulator: Simulator) -> set[str]:
    content = file.read_bytes()
    if file.suffix == ".pdf":
        pdf = PdfReader(file)
        content += "".join(page.extract_text() for page in pdf.pages).encode() + repr(pdf.metadata).encode()
    return _found(content, simulator)


@needs_keyring
def test_no_password_token_or_device_detail_is_anywhere(loud: Loud, simulator: Simulator) -> None:
    simulator.change_password("Sesame & öpen, 50% <of> it")
    _register(loud, simulator)
    _collect(loud, simulator)
    _meet_every_kind_of_trouble(loud, simulator)
    _look_at_everything(loud)
    assert len(simulator.secrets) > 20  # tokens were renewed; below, each is looked for
    assert _found("\n".join(loud.heard).encode(), simulator) == set()
    files = [file for file in loud.prsync.home.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} >= {".db", ".lock", ".pdf"}
    assert {file: found for file in files if (found := _leaking(file, simulator))} == {}
    assert rows(loud.prsync.state, "SELECT kind, count FROM anomalies") == [{"kind": "invalid_reading", "count": None}]


def _register(loud: Loud, simulator: Simulator) -> None:
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", simulator.ca_bundle]
    add = ["server", "add", "main", *options]
    loud.once(*add, "--password-stdin", stdin="wrong", status=1)
    # A server that quotes in its refusal what it was sent.
    quoting = json.dumps({"error": simulator.password, "error_description": simulator.password}).encode()
    simulator.answer_with(lambda request: request.path == "/oauth/token", Answer(status=400, body=quoting))
    loud.once(*add, "--password-stdin", stdin=simulator.password, status=1)
    simulator.answer_normally()
    loud.once(*add, "--password-stdin", stdin=simulator.password)
    loud.once("server", "update", "main", "--password-stdin", stdin=simulator.password)


def _collect(loud: Loud, simulator: Simulator) -> None:
    first = TODAY - timedelta(days=40)
    for organization in ("1001", "1002", "1003"):
        loud.once("feed", "add", "main", organization, "--activation-date", first, "--timezone", "UTC")
    for days in (30, 20):
        _expire_tokens_at(simulator, (TODAY - timedelta(days=days)).isoformat())
    loud.once("sync", "--through", TODAY - timedelta(days=10))
    assert [request.status for request in simulator.devices_requests].count(401) == 2
    simulator.answer_normally()


def _expire_tokens_at(simulator: Simulator, day: str | None, *, times: int | None = 1) -> None:
    """In the middle of a run, when that day is asked for, its token is refused and has to be renewed."""

    def asked(request: Request) -> bool:
        if request.is_devices and day in {request.day, None}:
            simulator.expire_tokens()
            return True
        return False

    simulator.answer_with(asked, Answer(), times=times)


def _meet_every_kind_of_trouble(loud: Loud, simulator: Simulator) -> None:
    def everything_wrong(document: dict[str, list[dict[str, object]]]) -> object:
        """A reading that is none, in a device that has all there is to tempt."""
        document["items"][0] |= {"counters": {"totalPages": "TEMPTING"}, "lastReadAt": "TEMPTING"}
        return document

    simulator.answer_with(lambda request: request.organization_id == "1001", Answer(alter=everything_wrong))
    loud.once("sync", "--through", TODAY - timedelta(days=6), "--json")  # one of these days is no weekend's
    simulator.answer_normally()
    for answer in (
        Answer(status=500, body="\n".join(simulator.secrets).encode()),
        Answer(body=json.dumps({"items": [{"serialNumber": "TEMPTINGSN"}]}).encode()),
        Answer(body="\n".join(simulator.secrets).encode()),
        Answer(status=302, headers={"Location": f"https://elsewhere.invalid/?token={simulator.secrets[-1]}"}),
        Answer(cut=True, after=40),
    ):
        simulator.answer_with(lambda request: request.is_devices, answer)
        loud.once("sync", "--feed", "1", status=1)
        simulator.answer_normally()
    simulator.answer_with(lambda request: request.path == "/oauth/token", Answer(body=b'{"token": "TEMPTING"}'))
    loud("server", "check", "main")
    simulator.answer_normally()
    _expire_tokens_at(simulator, None, times=None)
    loud("sync")
    simulator.answer_normally()


def _look_at_everything(loud: Loud) -> None:
    loud("sync", "--json")
    for command in ("server show main", "feed show 1", "health", "anomaly list --all", "run list", "doctor"):
        loud.once(*command.split(), "--json")
    for command in ("server list", "server check main", "server organizations main", "feed list", "certificate list"):
        loud.once(*command.split())
    folder = loud.prsync.home / "certificates"
    loud.once("certify", "--month", f"{TODAY - timedelta(days=35):%Y-%m}", "--allow-incomplete", "--output", folder)
    loud.once("certificate", "verify", next(folder.rglob("*.pdf")))
    loud.once("backup", loud.prsync.home / "backup.db")
    loud.once("feed", "pause", "nosuch", status=2)
    loud.once("server", "update", "main", "--username", "nobody", "--password-stdin", stdin="x", status=1)


@needs_keyring
def test_a_run_in_the_middle_of_a_request_shows_nothing_to_whoever_looks_at_it(
    loud: Loud, simulator: Simulator
) -> None:
    _register(loud, simulator)
    loud.once("feed", "add", "main", "1001", "--activation-date", TODAY - timedelta(days=30))
    waiting = Event()

    def after_twenty(request: Request) -> bool:
        if request.is_devices and len(simulator.devices_requests) > 20:
            waiting.set()
            return True
        return False

    simulator.answer_with(after_twenty, Answer(hold=Event()))
    with loud.prsync.start("-v", "sync", env=loud.environment) as process:
        assert waiting.wait(60)
        proc = Path("/proc") / str(process.pid)
        for seen in (*(proc / name for name in ("cmdline", "environ")), *loud.prsync.state.parent.iterdir()):
            assert _found(seen.read_bytes(), simulator) == set(), seen
        assert (proc / "cmdline").read_bytes().endswith(b"\0-v\0sync\0")
        assert loud.prsync.state.with_name("ledger.db-wal").stat().st_size > 0  # days are in it, not yet in the file
        simulator.answer_normally()
        heard = "".join(process.communicate(timeout=60))
    assert process.returncode == 0
    assert _found(heard.encode(), simulator) == set()
