"""A server's settings, from what a person writes of each in an option."""

from __future__ import annotations

import shlex
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from prsync.errors import InvalidValueError
from prsync.process.files import expanded
from prsync.threemanager.profile import Profile


def parse_https_url(option: str, text: str) -> str:
    """A server's URL: HTTPS whatever the host, and no password in it."""
    url = text.strip().rstrip("/")
    shown = "(not shown)" if set(text) & set("@?#") else text  # there may be a password behind one of these
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at because it is read only then, and may be no number
    except ValueError as error:
        raise InvalidValueError(option, shown, "is not a URL") from error
    if parts.username is not None or parts.password is not None:
        raise InvalidValueError(option, shown, "must not hold a user or a password; give --username")
    if parts.scheme != "https":
        raise InvalidValueError(option, shown, "must begin with https://; prsync sends nothing over HTTP")
    if not parts.hostname or parts.query or parts.fragment:
        raise InvalidValueError(option, shown, "must be a server's address, such as https://app.3manager.com")
    return url


def parse_command(option: str, text: str) -> str:
    """A command that prints a password. It is never quoted in an error: somebody may have put one into it."""
    try:
        arguments = shlex.split(text)
    except ValueError as error:
        raise InvalidValueError(option, "(not shown)", "its quotes do not match") from error
    if not arguments:
        raise InvalidValueError(option, "(blank)", "must name a command that prints the password")
    return text


def parse_ca_bundle(option: str, text: str) -> str:
    """A file of CA certificates in PEM form; its absolute path, since cron starts elsewhere."""
    path = expanded(Path(text))
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else None
        raise InvalidValueError(option, text, reason or "holds no CA certificate in PEM form") from error
    return str(path)


def parse_profile(option: str, text: str) -> str:
    """A file with an API profile; its absolute path."""
    path = str(expanded(Path(text)))
    try:
        Profile.load(path)
    except InvalidValueError as error:
        raise InvalidValueError(option, text, error.reason) from error
    return path
