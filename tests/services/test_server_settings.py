"""What a person may write of a server's settings. What may be a secret is never quoted in an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from prsync.errors import InvalidValueError
from prsync.services.server_settings import parse_ca_bundle, parse_command, parse_https_url, parse_profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from prsync.demo.simulator import Simulator


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://app.3manager.com", "https://app.3manager.com"),
        (" https://app.3manager.com/ ", "https://app.3manager.com"),
        ("https://127.0.0.1:8443/3manager//", "https://127.0.0.1:8443/3manager"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_a_url_is_kept_without_what_it_does_not_need(text: str, url: str) -> None:
    assert parse_https_url("--url", text) == url


@pytest.mark.parametrize(
    ("url", "error"),
    [
        (
            "http://app.3manager.com",
            "3manager.com: must begin with https://; prsync sends nothing over HTTP",
        ),
        ("app.3manager.com", "app.3manager.com: must begin with https://"),
        ("https://", "such as https://app.3manager.com"),
        ("https://[::1", "https://[::1: is not a URL"),
        ("https://x.example:port", "is not a URL"),
        ("https://me:sesame@x.example", "(not shown): must not hold a user or a password; give --username"),
        ("https://me@x.example", "give --username"),
        ("me:sesame@x.example", "(not shown): must begin with https://"),
        ("https://x.example/?token=sesame", "(not shown): must be a server's address"),
        ("https://x.example/#sesame", "(not shown): must be a server's address"),
    ],
)
def test_a_url_that_cannot_be_is_refused_and_no_password_in_it_is_shown(url: str, error: str) -> None:
    refused = refusal(parse_https_url, "--url", url)
    assert error in refused
    assert "sesame" not in refused


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("", "--password-command (blank): must name a command that prints the password"),
        ("  ", "--password-command (blank): must name a command that prints the password"),
        ("echo 'sesame", "--password-command (not shown): its quotes do not match"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused_and_not_shown(command: str, error: str) -> None:
    assert refusal(parse_command, "--password-command", command) == error


def test_a_command_is_kept_as_it_was_written() -> None:
    assert parse_command("--password-command", "pass 'show  prsync' ") == "pass 'show  prsync' "


def test_a_files_path_is_kept_absolute_since_cron_starts_elsewhere(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(simulator.ca_bundle.parent)
    assert parse_ca_bundle("--ca-bundle", simulator.ca_bundle.name) == str(simulator.ca_bundle)


def test_a_file_that_holds_no_certificate_or_no_profile_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("paths = [")
    bare = tmp_path / "bare.toml"
    bare.write_text("[paths]\n")
    assert refusal(parse_ca_bundle, "--ca-bundle", str(text)) == (
        f"--ca-bundle {text}: holds no CA certificate in PEM form"
    )
    assert refusal(parse_ca_bundle, "--ca-bundle", "/not/there") == "--ca-bundle /not/there: No such file or directory"
    assert refusal(parse_profile, "--profile", "/not/there") == "--profile /not/there: No such file or directory"
    for file in (text, bare):
        assert f"--profile {file}: is not an API profile: " in refusal(parse_profile, "--profile", str(file))


def refusal(parse: Callable[[str, str], object], option: str, text: str) -> str:
    with pytest.raises(InvalidValueError) as refused:
        parse(option, text)
    line = str(refused.value)
    assert "\n" not in line
    return line
