"""The program's own options stand anywhere, and every other word stays what it is."""

from __future__ import annotations

import shlex

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from prsync.cli.app import app
from prsync.cli.option_places import sort_out

PROGRAM = typer.main.get_command(app)


@pytest.mark.parametrize(
    ("line", "in_order"),
    [
        ("sync -q --json", "-q sync --json"),
        ("--json -q sync", "-q sync --json"),
        ("sync -qv --state /x/y.db", "-q -v --state /x/y.db sync"),
        ("feed --json list --log-format json", "--log-format json feed list --json"),
        ("--state=/x feed list", "--state=/x feed list"),
        ("feed list --state=/x", "--state=/x feed list"),
        # The value of an option is a value, whatever it looks like.
        ("feed update Acme --name -q", "feed update Acme --name -q"),
        ("feed update Acme --name --json --json", "feed update Acme --json --name --json"),
        ("certify --reissue -q --json -v", "-v certify --reissue -q --json"),
        # After two hyphens nothing is an option.
        ("feed add main -- -q", "feed add main -- -q"),
        # A feed may be called like a command.
        ("feed show list -q", "-q feed show list"),
        ("feed list list", "feed list list"),
        # What is not understood is typer's to refuse, where it stands.
        ("--nonsense sync", "--nonsense sync"),
        ("sync --nonsense -q", "-q sync --nonsense"),
        ("-qx sync", "-qx sync"),
        ("nope --help", "nope --help"),
        ("sync -", "sync -"),
        ("", ""),
    ],
)
def test_each_option_is_put_in_its_place(line: str, in_order: str) -> None:
    expected = shlex.split(in_order)
    # Among --json and the other options of a command the order says nothing.
    assert sorted(sort_out(PROGRAM, shlex.split(line)).line()) == sorted(expected)
    once = sort_out(PROGRAM, shlex.split(line)).line()
    assert sort_out(PROGRAM, once).line() == once
    assert [word for word in sort_out(PROGRAM, shlex.split(line)).line() if word != "--json"] == [
        word for word in expected if word != "--json"
    ]


words = st.sampled_from(
    [
        *("sync", "feed", "list", "add", "certify", "health", "-q", "-v", "--json", "--state", "--feed", "--", "-"),
        *("--name", "--reissue", "Acme", "--log-format", "json", "--state=/x", "-qv", "--offline", "run", "show", "-n"),
    ]
)


@given(st.lists(words, max_size=8))
def test_no_word_is_lost_added_or_parted_from_its_value(line: list[str]) -> None:
    split = [part for word in line for part in (("-q", "-v") if word == "-qv" else (word,))]
    found = sort_out(PROGRAM, line).line()
    assert sorted(part for word in found for part in (("-q", "-v") if word == "-qv" else (word,))) == sorted(split)
