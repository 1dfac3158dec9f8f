"""What typer would validate with pydantic stays the same where that is left out, and what needs it is still refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from prsync.cli.kept_texts import keep_texts

app = typer.Typer()


@app.command()
def shown(
    word: str,
    files: Annotated[list[Path] | None, typer.Argument()] = None,
    text: str | None = None,
    number: Annotated[int | None, typer.Option(min=1)] = None,
    path: Path | None = None,
    several: list[str] | None = None,
    pair: tuple[str, str] | None = None,
    upper: Annotated[str | None, typer.Option(callback=lambda value: value and value.upper())] = None,
    flag: bool | None = None,
) -> dict[str, object]:
    """Return what it was given."""
    return dict(locals())


def given(*line: str) -> dict[str, Any]:
    keep_texts()
    found: dict[str, Any] = typer.main.get_command(app).main(args=list(line), standalone_mode=False)
    return {name: value for name, value in found.items() if value is not None and value != []}


def test_every_kind_of_value_is_what_its_annotation_says() -> None:
    assert given("one") == {"word": "one"}
    assert given("", "--text", "") == {"word": "", "text": ""}
    line = "1 a b --text 2 --number 3 --path c --several 4 --several d --pair 5 e --upper f --flag"
    assert given(*line.split()) == {
        "word": "1",
        "files": [Path("a"), Path("b")],
        "text": "2",
        "number": 3,
        "path": Path("c"),
        "several": ["4", "d"],
        "pair": ("5", "e"),
        "upper": "F",
        "flag": True,
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "Missing argument 'word'"),
        ("a --number x", "valid integer"),
        ("a --number 0", "greater than or equal to 1"),
        ("a --pair b", "requires 2 arguments"),
    ],
)
def test_what_cannot_be_used_is_refused(line: str, reason: str) -> None:
    with pytest.raises(typer.TyperException) as raised:
        given(*line.split())
    assert reason in getattr(raised.value, "format_message", raised.value.__str__)()
