"""What the tests of the services may ask for; a module that needs another fleet defines that fixture anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.delivering import ACME, OTHER, Deliveries
from tests.services.running import FIRST, NOW, Services, day
from tests.support import ScriptedFleet

from prsync.core.model import ONE_DAY
from prsync.core.settings import PrintReleafSettings
from prsync.demo.printreleaf_simulator import PrintReleafSimulator
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.scripted_server import ScriptedServer


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme has one printer, which prints 10 pages a day."""
    scripted = ScriptedFleet("Acme A/S")
    scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10))
    return scripted


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a ledger with nothing in it."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    with Ledger(path):
        pass
    return path.read_bytes()


@pytest.fixture
def ledger(tmp_path: Path, empty_ledger: bytes) -> Iterator[Ledger]:
    """An empty ledger, open. It does not wait for the disk: no power cut is to be survived here."""
    path = tmp_path / "ledger.db"
    path.touch(mode=0o600)
    path.write_bytes(empty_ledger)
    with Ledger(path) as opened:
        opened._connection.sqlite.execute("PRAGMA synchronous = OFF")
        yield opened


@pytest.fixture
def services(ledger: Ledger, fleet: ScriptedFleet) -> Services:
    """The services, with the server `main` registered."""
    running = Services(ledger)
    running.add_server("main", fleet)
    return running


@pytest.fixture
def there(tmp_path: Path) -> Iterator[PrintReleafSimulator]:
    """A simulated PrintReleaf with two accounts."""
    with PrintReleafSimulator({ACME: "Acme A/S", OTHER: "Others"}, folder=tmp_path / "printreleaf") as simulator:
        yield simulator


@pytest.fixture
def deliveries(services: Services, there: PrintReleafSimulator) -> Deliveries:
    """Three days of Acme, to be delivered."""
    services.add_feed("Acme A/S", account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(2))
    services.ledger.printreleaf.connect(PrintReleafSettings(url=there.url), NOW)
    return Deliveries(services.ledger, there)


@pytest.fixture
def server(services: Services) -> ScriptedServer:
    """The server `main`."""
    return services.scripted["main"]
