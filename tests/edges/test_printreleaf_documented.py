"""docs/printreleaf.md and the built-in printreleaf.toml say the same, and a file beside the ledger takes its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prsync.errors import PrintReleafFileError
from prsync.printreleaf import assumptions
from prsync.printreleaf.assumptions import Assumptions

PAGE = Path(__file__).parents[2] / "docs" / "printreleaf.md"


def test_the_page_shows_the_file_that_is_built_in() -> None:
    shown = re.search(r"```toml\n(.+?)\n```", PAGE.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    built_in = Path(assumptions.__file__).with_name("printreleaf.toml").read_text("utf-8")
    assert shown[1] == built_in.strip()
    for key in Assumptions.model_fields:
        assert f"\n{key} = " in built_in


def test_a_file_need_only_hold_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "printreleaf.toml"
    assert Assumptions.load(file) == Assumptions.load(None)
    file.write_text('date = "day"\npage = "p"\n')
    loaded = Assumptions.load(file)
    assert (loaded.date, loaded.page, loaded.accounts) == ("day", "p", "/accounts")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('dates = "day"', "dates: there is no such key; those are accounts, deposits"),
        ('date = "today"', "date: 'today': must be 'instant', 'day' or 'none'"),
        ('deposits = "/deposits"', "deposits: '/deposits': must have {account_id} in it"),
        ('deposit = "/accounts/{account_id}"', "must have {deposit_id} in it"),
        ('accounts = "https://elsewhere"', "accounts: 'https://elsewhere': must be a path"),
        ("date = ", "is no TOML"),
        ("\udcff", "is not UTF-8 text"),
    ],
)
def test_a_bad_file_is_told_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "printreleaf.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(PrintReleafFileError) as raised:
        Assumptions.load(file)
    assert problem in str(raised.value)
    assert str(raised.value).startswith(str(file))
    assert "\n" not in str(raised.value)
