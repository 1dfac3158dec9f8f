"""What is said about the commands, by --help, the README, the changelog and the examples, is what they are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.support.commands import command_lines, commands, everything, options, problem_of

from prsync.cli import app as program
from prsync.cli.status import Status
from prsync.process import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text("utf-8")
CHANGELOG: Final = (ROOT / "CHANGELOG.md").read_text("utf-8")
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md")])


def _table(first_column: str) -> dict[str, str]:
    """A table of the README: the second column by the first."""
    _, rows = README.split(f"| {first_column} |", 1)
    cells = [re.split(r"(?<!\\)\|", row) for row in rows.split("\n\n", 1)[0].splitlines()[2:]]
    return {first.strip().replace("\\|", "|"): second.strip() for _, first, second, _ in cells}


def _shown_by(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    assert program.run_command_line([*words, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", everything(), ids=" ".join)
def test_every_command_and_every_option_says_what_it_is(words: tuple[str, ...]) -> None:
    command = everything()[words]
    assert command.help
    silent = [parameter.name for parameter in command.params if not parameter.help]
    assert not silent


@pytest.mark.parametrize("words", everything(), ids=" ".join)
def test_no_help_is_wider_than_a_terminal_of_80_columns_and_none_is_cut_short(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    usage, *lines = _shown_by(words, capsys).splitlines()
    assert usage.startswith("Usage: prsync")
    assert [line for line in lines if len(line) > 80 or line.endswith("...")] == []


def test_every_command_that_shows_something_can_show_it_as_json() -> None:
    without = {words for words, command in commands().items() if "--json" not in options(command)}
    # What an export shows is CSV; `feed list --json` is the same as a document.
    assert without == {("feed", "export")}


def _commands_in_the_readme() -> Iterator[tuple[str, ...]]:
    for cell in _table("command"):
        _, *words = cell.strip("`").split()
        names = [word.split("|") for word in words if word == word.lower()]
        if len(names) > 2:
            yield tuple(name for (name,) in names)
            continue
        yield from ((names[0][0], name) for name in names[1]) if len(names) > 1 else [(names[0][0],)]


def test_the_readme_names_every_command_and_no_other() -> None:
    named = list(_commands_in_the_readme())
    assert sorted(named) == sorted(commands())


def test_every_option_that_a_document_names_exists() -> None:
    known = {option for command in everything().values() for option in options(command)}
    others = {"--failed", "--force"}  # systemctl and pipx
    for document in DOCUMENTS:
        quoted = re.findall(r"`[^`\n]+`", document.read_text("utf-8"))
        named = {option for text in quoted for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)}
        unknown = {option for option in named if option.startswith("--")} - known - others
        assert not unknown, document


def test_the_options_of_a_feed_are_explained_in_the_readme() -> None:
    explained = {cell.strip("`").split()[0] for cell in _table("option")}
    assert explained == options(commands()["feed", "add"]) - {"--name", "--json", "--help", "-h"}


def test_the_readme_has_every_exit_status() -> None:
    by_signal = ", ".join(str(128 + number) for number in sorted(signals.ENDING))
    # NOBODY_READS is what the shell would say of any program.
    statuses = [str(status.value) for status in Status if status is not Status.NOBODY_READS]
    assert list(_table("exit status")) == [*statuses, by_signal]


def test_the_readme_has_every_variable_that_the_program_reads() -> None:
    sources = "".join(path.read_text("utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
    read = set(re.findall(r"\"(PRSYNC_[A-Z_]+)\"", sources)) | {"NO_COLOR"}
    documented = {name for cell in _table("environment") for name in re.findall(r"`(\w+)`", cell)}
    assert documented == read


def test_the_changelog_mentions_every_command() -> None:
    for words in everything():
        assert not words or f"`prsync {words[0]}" in CHANGELOG or f" `prsync {words[0]}`" in CHANGELOG, words


def _lines(document: Path) -> list[list[str]]:
    text = document.read_text("utf-8")
    fenced = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    inline = [code for code in re.findall(r"`(prsync [^`|…]+)`", text) if not re.search(r"\bCMD\b", code)]
    inline = [code for code in inline if code.split()[1] != "help"]  # takes any command's words
    named = [code for code in inline if tuple(code.split()[1:]) in everything()]
    return list(command_lines([*fenced, *(code for code in inline if code not in named)]))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_line_in_a_document_is_one_that_prsync_takes(document: Path) -> None:
    wrong = {" ".join(words): problem for words in _lines(document) if (problem := problem_of(words))}
    assert not wrong


def test_the_readme_shows_how_each_step_is_typed() -> None:
    typed = {tuple(word for word in words[:2] if word.isalpha()) for words in _lines(ROOT / "README.md")}
    assert {("server", "add"), ("feed", "add"), ("feed", "import"), ("sync",), ("certify",)} <= typed


def test_no_file_names_a_path_of_this_machine_or_a_package_registry() -> None:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True)
    pip = [sys.executable, "-m", "pip", "config", "list"]
    configured = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    hosts = set(re.findall(r"://(?:[^/@']*@)?([\w.-]+)", configured))
    private = [f"{ROOT}/", f"{Path.home()}/", *hosts]
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        assert not [text for text in private if text.encode() in content], name
