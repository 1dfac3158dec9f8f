"""A feed's life: connected, changed as far as the rules allow, paused, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, Services, day, texts
from tests.support import ScriptedFleet, rows
from tests.support.whole_ledger import everything

from prsync.core.model import DEFAULT_CEILING, ONE_DAY, Scope
from prsync.errors import (
    AtServerError,
    InvalidValueError,
    LockedError,
    NameTakenError,
    NameTooAlikeError,
    NotFoundError,
    NothingToChangeError,
    OrganizationConnectedError,
    RefusedError,
    UnreachableError,
)
from prsync.process.lock import hold
from prsync.services.feeds import connect_feed, remove_feed, set_paused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.scripted_server import ScriptedServer

    from prsync.core.model import Organization
    from prsync.store.ledger import Ledger


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Four customers, two of them of one name; Acme's printer prints 10 pages a day."""
    scripted = ScriptedFleet("Acme A/S", "Twin", "Twin", "1")
    scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10))
    return scripted


@pytest.fixture
def acme(services: Services) -> Services:
    """Acme is connected, as the feed with the id 1."""
    services.add_feed("Acme A/S")
    return services


# 1. Connected.


def test_what_was_not_said_of_a_feed_has_its_default(services: Services) -> None:
    feed = connect_feed(
        services.ledger,
        "main",
        "Acme A/S",
        texts(),
        connect=services.connect,
        now=NOW,
        local_timezone="Pacific/Honolulu",
    )
    assert (feed.name, feed.organization_name, feed.organization_id, feed.server) == (
        "Acme A/S", "Acme A/S", "1001", "main",
    )  # fmt: skip
    # In Honolulu it is still the day before.
    assert (feed.timezone, feed.activation_date) == ("Pacific/Honolulu", NOW.date() - ONE_DAY)
    assert (feed.scope, feed.meter, feed.holidays, feed.ceiling) == (Scope.ALL, "totalPages", None, DEFAULT_CEILING)
    assert (feed.paused, feed.has_deposits, feed.health, feed.created_at) == (False, False, "unknown", NOW)


def test_an_organization_is_named_by_its_id_or_by_its_name(services: Services) -> None:
    assert services.add_feed("1001").organization_name == "Acme A/S"
    assert services.add_feed("1", name="One").organization_id == "1004"
    with pytest.raises(NotFoundError, match="no organization Acme: prsync server organizations main shows"):
        services.add_feed("Acme")
    with pytest.raises(NotFoundError, match=r"no organization \(blank\): prsync server organizations main shows"):
        services.add_feed("")


def test_of_several_organizations_of_one_name_the_id_says_which(services: Services) -> None:
    with pytest.raises(NotFoundError, match="several have that name; give one of the ids 1002, 1003"):
        services.add_feed("Twin")
    assert services.add_feed("1003").organization_id == "1003"


def test_those_that_are_connected_already_are_not_offered(acme: Services) -> None:
    offered: list[str] = []

    def choose(organizations: Sequence[Organization]) -> Organization:
        offered.extend(one.organization_id for one in organizations)
        return organizations[-1]

    named = texts(name="One")
    feed = connect_feed(acme.ledger, "main", choose, named, connect=acme.connect, now=NOW, local_timezone="UTC")
    assert (offered, feed.organization_id) == (["1002", "1003", "1004"], "1004")


def test_an_organization_is_connected_once_per_server_and_a_feeds_name_is_its_alone(
    acme: Services, server: ScriptedServer
) -> None:
    with pytest.raises(OrganizationConnectedError, match="connected already, as feed Acme A/S: prsync feed update"):
        acme.add_feed("1001", name="Other")
    acme.add_server("two", server.fleet)
    with pytest.raises(NameTakenError, match="there is a feed named Acme A/S already: give it another with --name"):
        acme.add_feed("Acme A/S", server="two")
    other = acme.add_feed("Acme A/S", server="two", name="Acme, the other")
    assert (other.server, other.organization_name, other.name) == ("two", "Acme A/S", "Acme, the other")
    with pytest.raises(NameTakenError):
        acme.update_feed("Acme, the other", name="Acme A/S")


def test_a_feed_that_cannot_be_connected_leaves_nothing(services: Services, server: ScriptedServer) -> None:
    before = everything(services.ledger.path)
    with pytest.raises(NotFoundError, match="no server nosuch: prsync server list shows"):
        services.add_feed("Acme A/S", server="nosuch")
    with pytest.raises(InvalidValueError, match="--scope some: is neither all nor managed"):
        services.add_feed("Acme A/S", scope="some")
    server.login_error = UnreachableError("https://main.example", "connection refused")
    with pytest.raises(AtServerError, match="server main: cannot reach https"):
        services.add_feed("Acme A/S")
    assert everything(services.ledger.path) == before


def test_a_wrong_setting_is_told_before_the_server_is_asked(services: Services, server: ScriptedServer) -> None:
    server.login_error = UnreachableError("https://main.example", "connection refused")
    with pytest.raises(InvalidValueError):
        services.add_feed("Acme A/S", ceiling="0")


def test_a_feed_is_looked_up_by_name_first_then_by_id(acme: Services, ledger: Ledger) -> None:
    one = acme.add_feed("1004", name="One")
    ledger.feeds.update(one, {"name": "1"})  # the id of Acme's feed: before names of digits were refused
    assert ledger.feeds.find("1").id == ledger.feeds.find("2").id == one.id == 2
    acme.update_feed("1", name="One")
    assert ledger.feeds.find("1").name == "Acme A/S"


@pytest.mark.parametrize("typed", ["acme a/s", "ACME A/S", " Acme  A/S ", "Acme\u00a0A/S"])
@pytest.mark.usefixtures("acme")
def test_a_name_is_found_however_it_is_typed(ledger: Ledger, typed: str) -> None:
    assert ledger.feeds.find(typed).name == "Acme A/S"
    assert ledger.servers.named(" MAIN").name == "main"


def test_a_letter_in_two_parts_is_the_letter_in_one(acme: Services, ledger: Ledger) -> None:
    acme.update_feed("Acme A/S", name="Café")
    assert ledger.feeds.find("Cafe\u0301").name == ledger.feeds.find("CAFE\u0301").name == "Café"


def test_a_name_that_is_nearly_two_is_neither_and_says_so(acme: Services, ledger: Ledger) -> None:
    two = acme.add_feed("1002", name="Two")
    ledger.feeds.update(two, {"name": "acme a/s"})  # as it may stand in a ledger of before
    assert ledger.feeds.find("acme a/s").id == two.id
    with pytest.raises(NotFoundError, match="no feed ACME A/S: several are called nearly so: Acme A/S, acme a/s"):
        ledger.feeds.find("ACME A/S")


@pytest.mark.parametrize("name", ["acme a/s", "Acme  A/S", "ACME A/S"])
def test_a_name_that_is_easily_taken_for_another_is_refused(acme: Services, name: str) -> None:
    with pytest.raises(NameTooAlikeError, match="is easily taken for the feed Acme A/S: give it another name with"):
        acme.add_feed("1002", name=name)
    other = acme.add_feed("1002", name="Two").name
    with pytest.raises(NameTooAlikeError):
        acme.update_feed(other, name=name)
    # Its own name in another case is no other feed's.
    assert acme.update_feed("Acme A/S", name=name).id == 1


def test_a_name_that_begins_as_an_option_does_is_refused(acme: Services) -> None:
    # A hint with it could not be pasted.
    with pytest.raises(InvalidValueError, match="--name -Acme-: begins as an option does; give it another name"):
        acme.update_feed("Acme A/S", name="-Acme-")


@pytest.mark.parametrize("name", ["42", "007", "١٢"])
def test_a_name_of_digits_is_refused(acme: Services, name: str) -> None:
    reason = "a feed's name has more than digits, which are an id; give it another name"
    with pytest.raises(InvalidValueError, match=reason):
        acme.add_feed("1002", name=name)
    with pytest.raises(InvalidValueError, match=reason):
        acme.update_feed("Acme A/S", name=name)
    with pytest.raises(InvalidValueError, match="--name 1: "):
        acme.add_feed("1004")  # as its organization is called


# 2. Changed.


def test_before_the_first_deposit_everything_may_change(acme: Services, server: ScriptedServer) -> None:
    asked = server.logins, list(server.asked)
    changed = acme.update_feed(
        "Acme A/S",
        scope="managed",
        timezone="Europe/Copenhagen",
        holidays="de-by",
        ceiling="40",
        meter="TOTALPAGES",
        activation_date=str(day(5)),
        name="Acme",
    )
    assert (changed.scope, changed.timezone, changed.holidays, changed.ceiling, changed.meter, changed.name) == (
        "managed", "Europe/Copenhagen", "DE-BY", 40, "totalPages", "Acme",
    )  # fmt: skip
    assert (changed.activation_date, changed.synced_through, changed.looked_through) == (day(5), day(4), day(4))
    assert changed.joining_from is None
    assert acme.update_feed("Acme", holidays="none").holidays is None
    assert acme.update_feed("Acme", activation_date=str(day(3))).synced_through == day(2)
    assert (server.logins, server.asked) == asked


def test_a_feed_may_be_given_the_name_it_has(acme: Services) -> None:
    assert acme.update_feed("Acme A/S", name="Acme A/S").name == "Acme A/S"


def test_after_the_first_deposit_an_earlier_activation_date_is_a_wish_that_can_be_taken_back(acme: Services) -> None:
    acme.sync(day(3))
    wished = acme.update_feed("Acme A/S", activation_date=str(day(-9)))
    assert (wished.joining_from, wished.activation_date, wished.synced_through) == (day(-9), FIRST, day(3))
    assert acme.update_feed("Acme A/S", activation_date=str(FIRST)).joining_from is None


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        (
            "activation_date",
            "2026-11-03",
            "activation date 2026-11-03 for feed Acme A/S is refused: its days are deposited since 2026-11-02",
        ),
        (
            "timezone",
            "Europe/Copenhagen",
            "another time zone for feed Acme A/S is refused: its days are deposited by the clock of UTC",
        ),
    ],
)
def test_after_the_first_deposit_what_its_days_stand_on_is_fixed(
    acme: Services, setting: str, value: str, reason: str
) -> None:
    acme.sync(FIRST)
    before = everything(acme.ledger.path)
    with pytest.raises(RefusedError) as refused:
        acme.update_feed("Acme A/S", name="Another", **{setting: value})
    assert str(refused.value) == f"{reason}, and a deposit never changes"
    assert everything(acme.ledger.path) == before


def test_after_the_first_deposit_the_same_time_zone_is_no_change(acme: Services) -> None:
    acme.sync(FIRST)
    assert acme.update_feed("Acme A/S", timezone="UTC").timezone == "UTC"


def test_of_a_change_all_is_taken_or_nothing(acme: Services) -> None:
    before = everything(acme.ledger.path)
    with pytest.raises(InvalidValueError):
        acme.update_feed("Acme A/S", name="New", scope="some")
    with pytest.raises(NothingToChangeError, match="feed Acme A/S: no change was given; prsync feed update --help"):
        acme.update_feed("Acme A/S")
    assert everything(acme.ledger.path) == before


# 3. Paused, removed.


def test_a_feed_is_paused_and_resumed_as_often_as_somebody_says_so(acme: Services) -> None:
    for paused in (True, True, False, False):
        assert set_paused(acme.ledger, "Acme A/S", paused=paused, now=NOW).paused is paused


def test_a_removed_feed_takes_its_days_along_and_its_id_is_given_to_no_other(acme: Services, ledger: Ledger) -> None:
    acme.sync(day(1))
    questions: list[str] = []
    assert remove_feed(ledger, "Acme A/S", questions.append, NOW).name == "Acme A/S"
    assert questions == ["Remove feed Acme A/S with its devices, 2 deposits and anomalies?"]
    for table in ("feeds", "devices", "deposits", "anomalies"):
        assert rows(ledger.path, f"SELECT * FROM {table}") == []  # noqa: S608
    assert acme.add_feed("Acme A/S").id == 2  # a certificate may still name the other


class NotDoneError(Exception):
    pass


def test_a_feed_whose_removal_is_not_confirmed_stays(acme: Services) -> None:
    def says_no(_question: str) -> None:
        raise NotDoneError

    before = everything(acme.ledger.path)
    with pytest.raises(NotDoneError):
        remove_feed(acme.ledger, "Acme A/S", says_no, NOW)
    assert everything(acme.ledger.path) == before


def test_a_feed_that_a_sync_has_in_hand_nobody_changes(acme: Services, ledger: Ledger) -> None:
    before = everything(ledger.path)
    with hold(ledger.path, "server-1", "server main", NOW):
        with pytest.raises(LockedError):
            acme.update_feed("Acme A/S", ceiling="7")
        with pytest.raises(LockedError):
            set_paused(ledger, "Acme A/S", paused=True, now=NOW)
        with pytest.raises(LockedError):
            remove_feed(ledger, "Acme A/S", lambda _: None, NOW)
    assert everything(ledger.path) == before


def test_a_feed_that_nobody_has_is_named(acme: Services, ledger: Ledger) -> None:
    unknown = pytest.raises(NotFoundError, match="no feed nosuch: prsync feed list shows those connected")
    with unknown:
        acme.update_feed("nosuch", ceiling="7")
    with unknown:
        set_paused(ledger, "nosuch", paused=True, now=NOW)
    with unknown:
        remove_feed(ledger, "nosuch", lambda _: None, NOW)


def test_a_server_that_is_removed_while_it_is_asked_is_not_found(services: Services, server: ScriptedServer) -> None:
    server.before_organizations = lambda: services.ledger.servers.remove(services.ledger.servers.named("main"))
    with pytest.raises(NotFoundError, match="no server 1: it has been removed"):
        services.add_feed("Acme A/S")
