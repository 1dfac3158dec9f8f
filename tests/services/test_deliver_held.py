"""What could be sent twice, to a wrong account or not at all: held back instead, and said."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.delivering import ACME, OTHER, Deliveries, is_list, is_post
from tests.services.running import FIRST, Services, day
from tests.support import ScriptedFleet

from prsync.core.delivery import DeliveryState
from prsync.core.model import ONE_DAY
from prsync.demo.traffic import Answer, Request
from prsync.errors import RefusedError
from prsync.services.delivery_decisions import resolve
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S", "Berg ApS")
    scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10))
    scripted.reads_daily("B", FIRST - ONE_DAY, range(1000, 1300, 10), organization="Berg ApS")
    return scripted


def is_one(request: Request) -> bool:
    return request.method == "GET" and "/deposits/" in request.path


def pages_there(deliveries: Deliveries) -> list[tuple[str, int]]:
    return sorted((str(one["date"])[:10], one["pages"]) for one in deliveries.there.api.deposits)


ALL = [(str(day(number)), 10) for number in range(3)]


def test_an_answer_of_another_account_is_in_doubt_and_later_days_wait(deliveries: Deliveries) -> None:
    deliveries.there.answer_with(is_post, Answer(alter=lambda made: {**made, "account_id": OTHER}))
    [feed] = deliveries.run().feeds
    [made] = deliveries.there.api.deposits
    why = f"in doubt: it is there in account {OTHER}, and was sent to {ACME}, as {made['id']}"
    assert feed.doubts == [(FIRST, why)]


def test_a_deposit_below_the_account_is_not_taken_for_one_of_it(deliveries: Deliveries, services: Services) -> None:
    # A parent's list shows the deposits of its children, too.
    services.add_feed("Berg ApS", account_id=OTHER, deliver_from=str(FIRST))
    services.sync(through=day(2))
    api = deliveries.there.api
    own = api.of
    api.of = lambda account: api.deposits if account == OTHER else own(account)  # type: ignore[method-assign, assignment]
    assert deliveries.run().ok
    deliveries.expect_all()


def test_a_deposit_of_a_child_that_nobody_knows_is_a_persons_to_decide(deliveries: Deliveries) -> None:
    api = deliveries.there.api
    api.make(OTHER, 10, f"{FIRST}T12:00:00Z")
    own = api.of
    api.of = lambda account: api.deposits if account == ACME else own(account)  # type: ignore[method-assign, assignment]
    [feed] = deliveries.run().feeds
    assert [(when, "is another account's" in why) for when, why in feed.doubts] == [(FIRST, True)]
    assert feed.sent == 2


def test_a_clock_that_was_ahead_does_not_keep_a_deposit_until_then(deliveries: Deliveries) -> None:
    deliveries.there.answer_with(is_post, Answer(status=500, unheard=True), times=1)
    deliveries.now += timedelta(days=365)
    deliveries.run()
    deliveries.now -= timedelta(days=365)
    [feed] = deliveries.run(after=1).feeds
    assert "sent again an hour after that" in (feed.error or "")
    [feed] = deliveries.run(after=59).feeds
    assert feed.error is not None
    assert deliveries.run(after=2).ok
    assert pages_there(deliveries) == ALL


def test_by_a_clock_that_is_behind_nothing_is_sent(deliveries: Deliveries) -> None:
    deliveries.now -= timedelta(days=365)
    [feed] = deliveries.run().feeds
    assert (feed.error or "").startswith("the clock says 2025-")
    assert pages_there(deliveries) == []


def test_a_deposit_goes_to_whom_it_is_wanted_before_whom_not(
    deliveries: Deliveries, services: Services, tmp_path: Path
) -> None:
    services.add_feed("Berg ApS", account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(2))
    services.update_feed("Acme A/S", deliver_from=str(day(20)))
    backup = tmp_path / "backup.db"
    deliveries.ledger.copy_to(backup)
    assert deliveries.run().ok
    with Ledger(backup) as restored:
        again = Deliveries(restored, deliveries.there, now=deliveries.now + timedelta(hours=5))
        assert (again.run().ok, pages_there(again)) == (True, ALL)


def test_a_day_of_ours_with_other_pages_is_a_sign_of_a_restored_ledger(deliveries: Deliveries) -> None:
    deliveries.there.api.make(ACME, 700, f"{day(1)}T12:00:00Z")
    deliveries.there.api.make(ACME, 5, f"{day(2)}T08:30:00Z")  # of another program, by its time of day
    [feed] = deliveries.run().feeds
    assert [when for when, _ in feed.doubts] == [day(1)]
    assert "there has 700 pages, and the ledger does not know it; was it restored?" in feed.doubts[0][1]
    assert (feed.sent, feed.last) == (2, day(2))


def test_where_no_day_is_told_a_foreign_deposit_is_no_delivery(deliveries: Deliveries) -> None:
    deliveries.with_assumptions(date="none")
    deliveries.there.api.make(ACME, 10, "2024-01-01T00:00:00Z")
    [feed] = deliveries.run().feeds
    assert [(when, "PrintReleaf is not told the day" in why) for when, why in feed.doubts] == [(FIRST, True)]
    assert feed.sent == 2


def test_a_foreign_deposit_without_pages_keeps_nobody_from_delivering(deliveries: Deliveries) -> None:
    deliveries.there.api.make(ACME, None, "2025-01-01T00:00:00Z")  # type: ignore[arg-type]
    assert deliveries.run().ok


@pytest.mark.parametrize("found", [{"$oid": "1"}, ["x"]])
def test_an_id_that_is_none_is_told_as_such(deliveries: Deliveries, found: object) -> None:
    deliveries.there.api.make(ACME, 7, "2025-01-01T00:00:00Z")
    deliveries.there.answer_with(is_list, Answer(alter=lambda rows: [{**row, "id": found} for row in rows]))
    report = deliveries.run()
    assert (report.faults, report.sent) == ([], 0)
    assert "it has no id" in (report.feeds[0].error or "")


def test_no_part_of_the_key_is_shown(deliveries: Deliveries) -> None:
    key = deliveries.there.api.key
    refusal = Answer(status=422, unheard=True, alter=lambda _: {"message": f"{'x' * 165} {key}"})
    deliveries.there.answer_with(is_post, refusal)
    [feed] = deliveries.run().feeds
    assert key[:12] not in str(feed.document())
    assert feed.error is not None
    assert feed.error.endswith("(not shown: it quotes the key)")


def test_a_redirect_without_an_address_is_no_answer(deliveries: Deliveries) -> None:
    deliveries.there.answer_with(is_list, Answer(status=302, alter=lambda _: []))
    report = deliveries.run()
    assert (report.ok, report.sent) == (False, 0)


def test_a_feed_that_changes_during_a_run_is_not_sent_as_it_was(deliveries: Deliveries, services: Services) -> None:
    _during_the_first_post(
        deliveries, lambda other: Services(other, services.scripted).update_feed("Acme A/S", account_id=OTHER)
    )
    [feed] = deliveries.run().feeds
    assert (feed.error or "").startswith(f"{day(1)} of feed Acme A/S was not sent: the feed was changed or removed")
    assert [one["account_id"] for one in deliveries.there.api.deposits] == [ACME]
    assert deliveries.run(after=90).ok
    assert sorted(one["account_id"] for one in deliveries.there.api.deposits) == [ACME, OTHER, OTHER]


def test_a_feed_that_is_removed_during_a_run_is_not_delivered_further(deliveries: Deliveries) -> None:
    _during_the_first_post(deliveries, lambda other: other.feeds.remove(other.feeds.find("Acme A/S")))
    assert not deliveries.run().ok
    assert len(deliveries.there.api.deposits) == 1


def _during_the_first_post(deliveries: Deliveries, change: Any) -> None:
    api = deliveries.there.api
    make, done = api.make, list[bool]()

    def making(*deposit: Any) -> Any:
        if not done:
            done.append(True)
            with Ledger(deliveries.ledger.path) as other:
                change(other)
        return make(*deposit)

    api.make = making  # type: ignore[method-assign, assignment]


def test_a_list_that_is_cut_is_not_believed_though_no_deposit_is_found_by_itself(
    deliveries: Deliveries, services: Services
) -> None:
    assert deliveries.run().ok
    services.sync(through=day(3))
    deliveries.there.answer_with(is_list, Answer(alter=lambda rows: rows[:2]))
    deliveries.there.answer_with(is_one, Answer(status=404))
    report = deliveries.run(after=24 * 60)
    assert (report.ok, report.sent) == (False, 0)
    assert "does the list come in pages" in (report.feeds[0].error or "")


def test_a_list_that_lacks_what_was_delivered_just_now_may_lag(deliveries: Deliveries, services: Services) -> None:
    deliveries.there.api.lag = 10**6
    assert deliveries.run().ok
    services.sync(through=day(3))
    assert "it was delivered a short while ago" in (deliveries.run(after=5).feeds[0].error or "")
    assert "does the list come in pages" in (deliveries.run(after=120).feeds[0].error or "")


def test_two_spellings_of_an_account_are_one(deliveries: Deliveries, services: Services) -> None:
    assert services.add_feed("Berg ApS", account_id=ACME.upper(), deliver_from=str(FIRST)).account_id == ACME
    services.sync(through=day(2))
    assert deliveries.run().ok
    deliveries.expect_all()


def test_a_decision_keeps_the_id_that_is_there_and_the_day(deliveries: Deliveries) -> None:
    api = deliveries.there.api
    for _ in range(2):
        api.make(ACME, 10, f"{FIRST}T12:00:00Z")
    api.make(ACME, 10, "2019-01-01T12:00:00Z")
    deliveries.run()
    first, _, other_day = (str(one["id"]) for one in api.deposits[:3])
    one = api._of_one
    api._of_one = lambda method, account, wanted: one(method, account, wanted.lower())  # type: ignore[method-assign, assignment]

    def decide(remote_id: str) -> str | None:
        decided = resolve(
            deliveries.ledger,
            "Acme A/S",
            str(FIRST),
            delivered=remote_id,
            send_it=False,
            connect=deliveries.client,
            now=deliveries.now,
            clock=lambda: deliveries.now,
        )
        return decided.remote_id

    with pytest.raises(RefusedError, match="it is dated 2019-01-01 there, and the ledger has 10 pages on 2026-11-02"):
        decide(other_day)
    assert decide(first.upper()) == first


def test_the_error_of_a_day_that_nobody_wants_there_any_more_is_not_told(
    deliveries: Deliveries, services: Services
) -> None:
    refusal = Answer(status=422, unheard=True, alter=lambda _: {"message": "Date is locked"})
    deliveries.there.answer_with(is_post, refusal)
    deliveries.run()
    assert "Date is locked" in (deliveries.ledger.deliveries.counts()[0].error or "")
    services.update_feed("Acme A/S", deliver_from=str(day(1)))
    assert deliveries.ledger.deliveries.counts()[0].error is None


def test_a_post_that_is_cut_behind_a_proxy_may_have_been_made(
    deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _Proxy() as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "")
        _expect_one_after_a_cut_post(deliveries)


def test_a_post_that_is_cut_may_have_been_made_also_where_the_ca_is_gone_by_then(deliveries: Deliveries) -> None:
    ca_bundle = deliveries.there.ca_bundle
    kept = ca_bundle.read_bytes()

    def gone(made: Any) -> Any:
        ca_bundle.unlink()
        return made

    deliveries.there.answer_with(is_post, Answer(alter=gone, cut=True), times=1)
    deliveries.run()
    ca_bundle.write_bytes(kept)
    assert _first(deliveries).state is DeliveryState.SENDING


def _expect_one_after_a_cut_post(deliveries: Deliveries) -> None:
    deliveries.there.api.lag = 2
    deliveries.there.answer_with(is_post, Answer(cut=True), times=1)
    deliveries.run()
    assert _first(deliveries).state is DeliveryState.SENDING
    assert not deliveries.run(after=5).ok
    assert deliveries.run(after=90).ok
    assert pages_there(deliveries) == ALL


def _first(deliveries: Deliveries) -> Any:
    return deliveries.ledger.deliveries.find(deliveries.ledger.feeds.find("Acme A/S").id, FIRST)


class _Proxy:
    """A proxy that makes tunnels (CONNECT), and ends one when either side does."""

    def __enter__(self) -> _Proxy:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._tunnel, args=(client,)))
            self._threads[-1].start()

    def _tunnel(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        host, _, port = head.split()[1].decode().partition(":")
        with client, socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self._pump, args=(server, client))
            back.start()
            self._pump(client, server)
            back.join()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while block := source.recv(65536):
                target.sendall(block)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
