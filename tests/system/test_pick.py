"""Picking one of hundreds of organizations by typing part of its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, ScriptedFleet, rows
from tests.system.terminal import on_terminal, shell_on_terminal

from prsync.cli.pick import label, matching
from prsync.core.model import Organization
from prsync.demo.names import names

if TYPE_CHECKING:
    from prsync.demo.fleet import Fleet

LABELS = ["Hansen", "Hansen Kommune", "Grønbæk Kommune", "Grønbæk Optik", "Acme [7]", "Acme [12]"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Hansen", "Hansen"),  # wholly, though it is part of another
        ("hansen k", "Hansen Kommune"),
        ("OPTIK", "Grønbæk Optik"),
        ("  acme [12] ", "Acme [12]"),
        ("12]", "Acme [12]"),
        ("grønbæk", None),
        ("acme", None),
        ("Jensen", None),
        ("", None),
        ("   ", None),
    ],
)
def test_what_is_typed_names_an_organization_wholly_or_by_a_part_that_no_other_has(
    typed: str, meant: str | None
) -> None:
    found = matching(LABELS, typed)
    assert (None if found is None else LABELS[found]) == meant


def test_organizations_of_one_name_are_told_apart_by_their_ids() -> None:
    alike = [Organization("7", "Acme"), Organization("12", "Acme"), Organization("9", "Hansen")]
    assert [label(organization, alike) for organization in alike] == ["Acme [7]", "Acme [12]", "Hansen"]


@pytest.fixture
def fleet() -> Fleet:
    return ScriptedFleet(*names(304), "Castro Kommune")  # of which there is one among the 304


@pytest.mark.parametrize(("terminal", "corrected"), [("xterm-256color", " opt"), ("dumb", "bæk opt")])
def test_a_person_types_until_it_is_one(registered: Prsync, terminal: str, corrected: str) -> None:
    assert registered("feed", "add", "main", "1001").status == 0
    seen = on_terminal(registered, "feed", "add", "main", "--scope", "managed", env={"TERM": terminal})
    seen.expect("Organization (304, type part of its name):")
    seen.type("bæk\r")
    seen.expect("type more, until it is one organization's name")
    seen.type(f"{corrected}\r")  # a dumb terminal begins a new line, any other goes on with this one
    status, said = seen.end()
    assert "Feed Grønbæk Optik is connected." in said
    assert status == 0
    assert terminal != "dumb" or "\x1b" not in said
    assert rows(registered.state, "SELECT name, scope FROM feeds WHERE id = 2") == [
        {"name": "Grønbæk Optik", "scope": "managed"}
    ]


def test_what_can_be_picked_is_shown_while_it_is_typed_and_leaves_standard_output_alone(registered: Prsync) -> None:
    seen = shell_on_terminal(registered, "prsync feed add main --json > feed.json")
    seen.expect("Organization (305, type part of its name):")
    seen.type("castro komm")
    seen.expect("Castro Kommune [")
    seen.type("\x1b[B\x1b[B\r")  # down to the second of the two
    status, _ = seen.end()
    assert status == 0
    document = json.loads((registered.home / "feed.json").read_text())
    assert (document["organization_id"], document["name"]) == ("1305", "Castro Kommune")


def test_going_away_connects_nothing(registered: Prsync) -> None:
    for keys, status in (("\x04", 1), ("\x03", 130)):
        seen = on_terminal(registered, "feed", "add", "main")
        seen.expect("type part of its name):")
        seen.type(keys)
        assert seen.end()[0] == status
    assert rows(registered.state, "SELECT * FROM feeds") == []
