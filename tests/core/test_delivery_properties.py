"""Whatever is lost, killed or restored: of each deposit at most one is there, and in the end one, as in the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.core.delivery_world import Account, Post, World

from prsync.core.delivery import LIST_MAY_LAG

if TYPE_CHECKING:
    from collections.abc import Callable

FEEDS, DAYS = 3, 3

lags = st.integers(0, 59).map(lambda minutes: timedelta(minutes=minutes))
gaps = st.sampled_from([1, 10, 45, 59, 60, 61, 200, 1440]).map(lambda minutes: timedelta(minutes=minutes))
posts = st.lists(st.sampled_from([*Post, Post.ANSWERED, Post.ANSWERED]), max_size=9)
# Few different numbers of pages, so that deposits look alike.
pages = st.lists(st.sampled_from([7, 7, 8]), min_size=FEEDS * DAYS, max_size=FEEDS * DAYS)
nights = st.lists(st.tuples(gaps, posts, st.sampled_from([None, None, None, "backup", "restore"])), max_size=6)
strangers = st.lists(st.tuples(st.sampled_from([date(2026, 11, 20), None]), st.sampled_from([7, 9])), max_size=5)


def world_of(lag: timedelta, numbers: list[int]) -> World:
    world = World(Account(lag))
    for place, number in enumerate(numbers):
        world.add(place // DAYS, date(2026, 11, 20) + timedelta(days=place % DAYS), number)
    return world


def play(
    world: World, nights: list[tuple[timedelta, list[Post], str | None]], check: Callable[[World], object]
) -> None:
    backup = world.backup()
    for gap, posts, event in nights:
        world.now += gap
        if event == "backup":
            backup = world.backup()
        elif event == "restore":
            world.restored_from(backup)
        world.run(posts)
        check(world)


def expect_nothing_twice(world: World) -> None:
    # Deposits of one account that look alike are interchangeable: together there are never more than in the ledger.
    alike: dict[tuple[date, int], int] = {}
    for key, row in world.rows.items():
        alike[row.date, row.pages] = alike.get((row.date, row.pages), 0) + 1
        assert all((made.day, made.pages) == (row.date, row.pages) for made in world.account.of(key))
    for (day, number), ours in alike.items():
        made = [one for one, _, of in world.account.made.values() if of and (one.day, one.pages) == (day, number)]
        assert len(made) <= ours
    assert len(set(world.delivered.values())) == len(world.delivered)
    assert set(world.delivered.values()) <= world.account.made.keys()


@given(lags, pages, nights)
def test_of_each_deposit_at_most_one_is_there_and_in_the_end_exactly_one(
    lag: timedelta, numbers: list[int], nights: list[tuple[timedelta, list[Post], str | None]]
) -> None:
    world = world_of(lag, numbers)
    play(world, nights, expect_nothing_twice)
    for _ in range(FEEDS * DAYS + 1):
        world.now += LIST_MAY_LAG
        world.run([])
    expect_nothing_twice(world)
    assert not world.doubts
    assert world.delivered.keys() == world.rows.keys()
    assert len(world.account.made) == len(world.rows)


@given(lags, pages, nights, strangers)
def test_beside_other_peoples_deposits_nothing_is_sent_twice_either_and_doubts_are_left_to_a_person(
    lag: timedelta,
    numbers: list[int],
    nights: list[tuple[timedelta, list[Post], str | None]],
    strangers: list[tuple[date | None, int]],
) -> None:
    world = world_of(lag, numbers)
    for day, number in strangers:
        world.account.make(day, number, world.now - LIST_MAY_LAG)
    doubted: dict[tuple[int, date], int] = {}

    def check(world: World) -> None:
        expect_nothing_twice(world)
        for key in world.doubts:
            # What is in doubt is not sent again.
            assert doubted.setdefault(key, len(world.account.of(key))) == len(world.account.of(key))

    # Without a restore: a doubt that a backup does not know of yet may be another one afterwards.
    play(world, [(gap, posts, None) for gap, posts, _ in nights], check)
    alike = [key for key, row in world.rows.items() if (row.date, row.pages) == (date(2026, 11, 20), 7)]
    if strangers.count((date(2026, 11, 20), 7)) > len(alike):
        # Nobody can tell which of them are ours: none is taken, and none sent.
        assert not world.delivered.keys() & set(alike)
    if (None, 7) in strangers:
        assert not any(of and one.pages == 7 for one, _, of in world.account.made.values())
    if world.doubts:
        assert 7 in {number for _, number in strangers}
