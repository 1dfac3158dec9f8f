"""What is said of an answer's fields, and what is not: names, types and how often, and as good as no value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prsync.threemanager.describe import MOST_FIELDS, describe
from prsync.threemanager.shown_texts import is_field_name, is_table_by_key

SECRET = "SECRET"


def addresses(document: Any) -> list[str]:
    return list(describe(document).fields)


def test_an_address_says_where_a_field_stands_and_counts_the_rows_of_its_own_list() -> None:
    rows = [{"id": 1, "parts": [{"n": "a"}, {"n": None}]}, {"parts": [{"n": "b"}, {}]}, {"parts": []}]
    description = describe({"meta": {"total": 3}, "items": rows})
    seen = {shape.address: (shape.seen, shape.rows) for shape in description.fields.values()}
    assert seen["meta.total"] == (1, 1)
    assert seen["items[].id"] == (1, 3)
    assert seen["items[].parts"] == (3, 3)
    assert seen["items[].parts[].n"] == (3, 4)
    assert description.fields["items[].parts[].n"].kinds == {"text": 2, "null": 1}
    assert description.lists_of_objects() == [("items[].parts", 4), ("items", 3)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "number"),
        ("7", "digits as text"),
        ("", "empty text"),
        ("2026-11-24T08:00:00.1234567+01:00", "date as text"),
        ("24.11.2026 08:00", "date as text"),
        ("/Date(1790000000000)/", "date as text"),
        ("HP 4000", "text"),
        ([], "list"),
        ({}, "object"),
    ],
)
def test_a_type_is_said_in_a_persons_words(value: Any, kind: str) -> None:
    assert list(describe({"a": value}).fields["a"].kinds) == [kind]


def texts(values: list[Any], *, name: str = "status", hidden: frozenset[str] = frozenset()) -> list[str]:
    shape = describe([{name: value} for value in values]).fields[f"[].{name}"]
    return shape.texts.shown(shape.address, hidden)


def test_a_text_is_shown_where_it_is_a_word_of_the_server_rather_than_of_a_customer() -> None:
    assert texts(["Active"] * 3 + ["Off"] * 4) == ["Active", "Off"]
    # Fewer rows, more different texts, more than letters, a field about people, or a customer's own word.
    assert texts(["Active"] * 2 + ["Off"] * 4) == ["Off"]
    assert texts([letter for letter in "abcdef" for _ in range(3)]) == []
    assert texts(["A-1"] * 3 + ["two words"] * 3 + ["4711"] * 3) == []
    assert texts(["Hansen"] * 5, name="contactPerson") == []
    assert texts(["Acme"] * 5, hidden=frozenset({"acme"})) == []


@pytest.mark.parametrize(
    "name", ["deviceId", "@odata.nextLink", "device_id", "a3PrintBw", "$type", "value@odata.count"]
)
def test_what_looks_like_a_fields_name_is_shown(name: str) -> None:
    assert is_field_name(name)


@pytest.mark.parametrize("name", ["4711", "SN12345", "a@b.example", "Acme A/S", "", "x" * 99, "line\nbreak"])
def test_what_does_not_may_be_data_and_is_shown_only_where_many_rows_have_it(name: str) -> None:
    assert not is_field_name(name)
    assert addresses({"one": {name: 1}}) == ["one", "one.{}"]
    assert len(addresses([{name: 1}] * 3)) == 2
    assert "{}" not in "".join(addresses([{name: 1}] * 3))


def test_an_object_of_alike_objects_is_a_table_whose_keys_are_data() -> None:
    by_name = {"Acme": {"pages": 1}, "Beta": {"pages": 2}, "Gamma": {"pages": 3}}
    assert is_table_by_key(by_name)
    assert addresses({"customers": by_name}) == ["customers", "customers{}", "customers{}.pages"]
    # Counters as objects look the same, but every row has them.
    meters = {"total": {"value": 1}, "colour": {"value": 2}, "mono": {"value": 3}}
    assert "[].counters.total.value" in addresses([{"counters": meters}] * 3)
    assert not is_table_by_key({"data": {"a": 1}, "meta": {"b": 1}, "links": {"c": 1}})


def test_there_is_an_end_to_what_is_kept() -> None:
    description = describe({f"name{chr(97 + number % 26)}{'x' * (number // 26)}"[:59]: 1 for number in range(2000)})
    assert len(description.fields) <= MOST_FIELDS
    assert description.left_out > 0
    nested: Any = 1
    for _ in range(400):
        nested = {"a": nested}
    assert len(addresses(nested)) < 20


names = st.text(min_size=1, max_size=8)
leaves = (
    st.none() | st.booleans() | st.integers() | st.just(SECRET) | st.text(max_size=5).map(lambda text: SECRET + text)
)
below = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)
documents = st.lists(below, max_size=2) | st.dictionaries(names, leaves, max_size=4)


def test_a_text_that_one_row_has_often_is_not_shown() -> None:
    parts = [{"place": 1, "kind": "Homeoffice"}] * 5
    shape = describe([{"parts": parts}, {"parts": parts}]).fields["[].parts[].kind"]
    assert shape.texts.shown(shape.address, frozenset()) == []


@given(documents)
def test_no_value_is_in_a_description_that_is_shown(document: Any) -> None:
    shown = [
        [shape.address, *shape.kinds, *shape.texts.shown(shape.address, frozenset())]
        for shape in describe(document).fields.values()
    ]
    assert SECRET not in json.dumps(shown)
    assert all(address.isprintable() for address, *_ in shown)
