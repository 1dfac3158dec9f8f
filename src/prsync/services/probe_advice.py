"""What a person is to do after a probe, in sentences, and what a status means that is no answer."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prsync.core.settings import ServerSettings
    from prsync.services.probe_report import ProbeReport
    from prsync.threemanager.profile import Profile
    from prsync.threemanager.raw_answer import RawAnswer

_NOT_FOUND: Final = 404
_MEANINGS: Final = {
    401: "it does not take the login; see auth in the profile",
    403: "this user may not see it; somebody must allow it in 3manager",
    404: "nothing is at this path",
    429: "it was asked too often; try again later",
}
_PATHS: Final = {"organizations.path", "devices.path"}
_NOT_UNDERSTOOD: Final = "does not understand the question"
_FIRST_SERVER_ERROR: Final = 500


def http_problem(raw: RawAnswer, *, is_json: bool) -> tuple[str | None, bool]:
    """Why an answer is of no use, and whether a key of the profile can be the reason; (None, False) where it is."""
    status = f"status {raw.status}"
    if raw.is_redirect:
        return f"{status}: it sends on to another address, and prsync follows none; is the URL right?", True
    if raw.status in _MEANINGS:
        return f"{status}: {_MEANINGS[raw.status]}", raw.status == _NOT_FOUND
    if raw.status >= _FIRST_SERVER_ERROR:
        return f"{status}: an error of the server's own; try again later, or ask who runs it", False
    if not raw.is_ok:
        by = f" ({', '.join(raw.asked)})" if raw.asked else ""
        return f"{status}: it does not understand the question{by}", True
    return (None, False) if is_json else (_not_json(raw), True)


def _not_json(raw: RawAnswer) -> str:
    if raw.is_html:
        return "a web page and no JSON, perhaps one to log in; is the URL right?"
    return "no JSON" if raw.body else "an empty answer"


def advice_for(report: ProbeReport, profile: Profile) -> list[str]:
    """What to do next, one sentence each."""
    if report.fits:
        better = "It works as it is. With these lines in its profile it may work better:"
        questions = [key.question for key in report.keys if key.question]
        fits = "Everything fits, as far as prsync can tell:" if questions else "Everything fits."
        return [fits, *questions, *([better] if report.changes else [])]
    advice = [_sentence(f"{one.title}: {one.problem}") for one in report.answers if one.problem and not one.is_told]
    told = {key.key for key in report.keys if key.is_misfit and key.could_be}
    for key in report.keys:
        if key.question:
            advice.append(key.question)
        elif key.is_misfit and key.key in _PATHS and _NOT_UNDERSTOOD in key.found:
            advice.append(f"{key.key}: {_not_understood(key.key, profile)}")
        elif key.is_misfit and key.key not in told and (hint := _hint(key.key, profile)):
            advice.append(f"{key.key}: {hint}")
        elif key.key == "history.style" and key.is_misfit:
            advice.append(
                "history: if the server can answer for a past day, its parameter has another name than"
                f" {_day_names(profile)}: set history.day, or history.from and to. If it cannot, style none."
            )
    if report.changes:
        advice.append(_where(report))
    return advice


def _not_understood(key: str, profile: Profile) -> str:
    history, paging = profile.history, profile.devices.paging
    if key == "organizations.path":
        paging = profile.organizations.paging
    parts = "it has no parts" if paging.style == "none" else f"parts of it are asked for by {paging.number}"
    said = f"the path may be right and a parameter not. In the profile {parts} (paging.style, number and size)"
    if key == "organizations.path" or history.style == "none":
        return f"{said}."
    return (
        f"{said}, and a day by {_day_names(profile)} (history), written as {history.format}; many servers want"
        " %Y-%m-%dT%H:%M:%S%z."
    )


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else f"{text}."


def next_command(settings: ServerSettings, server: str | None, *, tries_profile: bool) -> str:
    """The command to give when everything fits."""
    profile = ["--profile", settings.profile] if settings.profile else []
    if server is not None:
        words = ["update", server, *profile] if tries_profile else ["organizations", server]
        return shlex.join(["prsync", "server", *words])
    options = {"--url": settings.url, "--username": settings.username}
    others = {"--ca-bundle": settings.ca_bundle, "--client-id": settings.client_id}
    options |= {option: value for option, value in others.items() if value}
    words = [word for pair in options.items() for word in pair]
    if settings.password_command:
        words += ["--password-command", "CMD"]  # the real one may hold the password
    if settings.client_secret_command:
        words += ["--client-secret-command", "CMD"]  # the real one may hold the secret
    if settings.client_secret_in_keyring:
        words.append("--client-secret-stdin")
    return shlex.join(["prsync", "server", "add", "NAME", *words, *profile])


def _where(report: ProbeReport) -> str:
    again = "probe again"
    if report.profile:
        return f"Change these lines in {report.profile}, each in its table, which may stand there once, and {again}:"
    return f"Write these lines into a file, profile.toml, and {again}, with --profile profile.toml:"


def _day_names(profile: Profile) -> str:
    history = profile.history
    return f"{history.from_} and {history.to}" if history.style == "range" else history.day


def _hint(key: str, profile: Profile) -> str | None:
    """What a person can do about a key for which nothing that fits was found."""
    hints = {
        "organizations.path": "ask whoever runs the server for the path that lists the customers.",
        "devices.path": "ask whoever runs the server for the path that lists a customer's devices.",
        "organizations.rows": "set it to where the list of customers stands in the answer.",
        "devices.rows": "set it to where the list of devices stands in the answer.",
        "devices.managed_values": (
            "add the values that mean managed to managed_values, the others to unmanaged_values;"
            ' or set devices.managed = "" and use scope all only.'
        ),
        "counters.at": "set [counters] to where the page counts stand; is this path the one with counters?",
        "meters.names": "set it to the names under which the page counts stand.",
    }
    if key.endswith("paging.style"):
        return "set it to how the server is asked for the next part: page, offset, cursor or link."
    if key == "devices.read_at_format":
        return f"set it to how {profile.devices.read_at} is written, as a pattern such as %d.%m.%Y %H:%M."
    return hints.get(key, "choose one of the fields shown above that could be meant.")
