"""Files are written whole, and nobody reads a secret one while it is written; a path may begin at home."""

from __future__ import annotations

import os
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from prsync.errors import InvalidValueError, OutputFileError
from prsync.process.files import expect_replaceable, from_home, replace_file


@pytest.mark.parametrize(("mode", "before"), [(0o600, 0o600), (0o644, 0o600), (None, 0o644)])
def test_a_file_is_never_more_open_than_it_will_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int | None, before: int
) -> None:
    seen: list[int] = []

    def spy(path: os.PathLike[str] | str, flags: int, mode: int = 0o777) -> int:
        number = opened(path, flags, mode)
        if str(path).endswith(".unfinished"):
            seen.append(stat.S_IMODE(os.fstat(number).st_mode))
        return number

    opened = os.open
    monkeypatch.setattr(os, "open", spy)
    umask = os.umask(0o022)
    try:
        replace_file(tmp_path / "key.pem", b"secret", mode=mode)
    finally:
        os.umask(umask)
    assert seen == [before]
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == (0o644 if mode is None else mode)
    assert [file.name for file in tmp_path.iterdir()] == ["key.pem"]


def test_a_link_in_the_place_of_the_unfinished_file_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "urandom", lambda _: b"abcd")
    target = tmp_path / "elsewhere"
    (tmp_path / f".key.pem.{os.getpid()}-61626364.unfinished").symlink_to(target)
    with pytest.raises(OutputFileError):
        replace_file(tmp_path / "key.pem", b"secret")
    assert not target.exists()


def test_a_path_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert from_home(Path("~/certificates")) == Path("/home/ann/certificates")
    assert from_home(Path("certificates")) == Path("certificates")
    with pytest.raises(InvalidValueError, match="path ~nobody-of-that-name/x: there is no user nobody-of-that-name"):
        from_home(Path("~nobody-of-that-name/x"))


@pytest.mark.parametrize(
    ("there", "beginning", "is_refused"),
    [
        (b"", b"%PDF-", False),
        (b"%PDF-1.7 of before", b"%PDF-", False),
        (b"feed,month\n", b"%PDF-", True),
        (b"feed,month\n", b"", False),
        (b"SQLite format 3\0", b"", True),
        (b"-----BEGIN PRIVATE KEY-----\n", b"", True),
    ],
)
def test_what_must_not_be_lost_is_in_the_way(tmp_path: Path, there: bytes, beginning: bytes, is_refused: bool) -> None:
    file = tmp_path / "file"
    expect_replaceable("--output", file, beginning)
    file.write_bytes(there)
    with pytest.raises(InvalidValueError, match="another kind of file") if is_refused else nullcontext():
        expect_replaceable("--output", file, beginning)
