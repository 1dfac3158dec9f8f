"""docs/profile.md explains every key of the profile, and none that there is not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prsync.threemanager.profile import built_in_text

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "profile.md").read_text("utf-8")


def keys(tables: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, value in tables.items():
        key = f"{before}{name}"
        # An empty table is for whatever a server wants in it.
        if isinstance(value, dict) and value:
            yield from keys(value, f"{key}.")
        else:
            yield key


def test_every_key_is_explained_in_a_row_of_its_own_and_no_other_is() -> None:
    explained = re.findall(r"^\| `([a-z_.]+)` \|", PAGE, re.MULTILINE)
    assert explained == list(dict.fromkeys(explained))
    assert set(explained) == set(keys(tomllib.loads(built_in_text())))
