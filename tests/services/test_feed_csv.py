"""How a spreadsheet may save a list of feeds, and the number that each line keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from prsync.errors import ImportRefusedError, InvalidValueError
from prsync.services.feed_csv import read_lines

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


PLAIN = "organization,activation_date,scope\n1001,2026-11-02,managed\nSmith & Sons Ltd,,all\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PLAIN.encode(), id="plain"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN.encode(), id="BOM"),
        pytest.param(PLAIN.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(PLAIN.replace("\n", "\r").encode(), id="CR"),
        pytest.param(PLAIN.replace(",", ";").encode(), id="semicolon"),
        pytest.param(PLAIN.rstrip("\n").encode(), id="no line end at the end"),
        pytest.param(PLAIN.replace("activation_date", "Activation-Date").encode(), id="as the option, and a capital"),
        pytest.param(PLAIN.replace("activation_date", "ACTIVATION DATE").encode(), id="a blank, and capitals"),
        pytest.param(PLAIN.replace("1001,", '"1001" ,').replace('"1001" ', '"1001"').encode(), id="quoted"),
        pytest.param(PLAIN.replace(",", " , ").encode(), id="blanks around the cells"),
        pytest.param(PLAIN.replace("\n", ",,\n").encode(), id="blank cells at the end, also of the header"),
    ],
)
def test_a_spreadsheets_way_of_saving_it_makes_no_difference(file: Path, text: bytes) -> None:
    file.write_bytes(text)
    lines, problems = read_lines(file)
    assert problems == []
    assert [(line.number, line.cells) for line in lines] == [
        (2, {"organization": "1001", "activation_date": "2026-11-02", "scope": "managed"}),
        (3, {"organization": "Smith & Sons Ltd", "scope": "all"}),
    ]


def test_every_line_keeps_the_number_that_an_editor_shows_for_it(file: Path) -> None:
    file.write_text(
        '\n"organization",name\n\n"two\nlines",First\n1002,Second\n  ,\n1003,"a ""b"", c\u2028d"\n1004,x,y\n"1005,z\n'
    )
    lines, problems = read_lines(file)
    assert [(line.number, line.cells) for line in lines] == [
        (4, {"organization": "two\nlines", "name": "First"}),
        (6, {"organization": "1002", "name": "Second"}),
        (8, {"organization": "1003", "name": 'a "b", c\u2028d'}),
    ]
    (many, (number, reason)) = problems
    assert many == (9, "has more cells than the file has columns; quote a cell that has a separator")
    assert (number, reason.partition(":")[0]) == (10, "is not CSV")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "has no header"),
        ("\n\n", "has no header"),
        ("name,scope", "organization among them"),
        ("organization,Scope,scope", "each column once"),
        ("organization,colour", "unknown column colour"),
        ("organization,,scope", "unknown column (blank)"),
        ("1001,2026-11-02", "unknown column 1001"),
    ],
)
def test_a_header_that_is_none_is_refused_with_the_columns_there_are(file: Path, header: str, reason: str) -> None:
    file.write_text(header)
    with pytest.raises(ImportRefusedError) as refused:
        read_lines(file)
    ((_, problem),) = refused.value.lines
    assert reason in problem
    assert "organization, name, activation_date, scope, meter, timezone, holidays, ceiling" in problem


def test_a_file_that_is_no_utf_8_or_no_list_of_feeds_says_so(file: Path) -> None:
    for content in (PLAIN.replace("Smith", "Ærø").encode("latin-1"), PLAIN.encode("utf-16")):
        file.write_bytes(content)
        with pytest.raises(InvalidValueError, match="save it as CSV UTF-8"):
            read_lines(file)
    with file.open("wb") as much:
        much.truncate(17 * 1024 * 1024)
    with pytest.raises(InvalidValueError, match="too large"):
        read_lines(file)
    with pytest.raises(InvalidValueError, match="Is a directory"):
        read_lines(file.parent)


def test_a_file_that_is_not_there_says_so(file: Path) -> None:
    with pytest.raises(InvalidValueError) as refused:
        read_lines(file)
    assert str(refused.value) == f"{file}: No such file or directory"
