"""The answer to a token request: why a login was refused, or the token and nothing else."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import requests

_REFUSAL_STATUSES: Final = {400, 401, 403}
# RFC 6749, section 5.2.
_ERROR_CODES: Final = {
    "invalid_request",
    "invalid_scope",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
}
# Visible ASCII: anything else could not stand in a header, or would end it.
_TOKEN_TEXT: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a login was refused: RFC 6749's code where the server gave one, and the reason in words."""

    code: str | None
    text: str


def refusal_of(response: requests.Response) -> Refusal | None:
    """The refusal that an answer to a token request is; None where it is none."""
    # A code of RFC 6749 and the status, never the server's own text: that may repeat what was sent.
    code = _document(response).get("error")
    known = isinstance(code, str) and code in _ERROR_CODES
    if response.status_code not in _REFUSAL_STATUSES and not (known and response.status_code == requests.codes.ok):
        return None
    status = f"status {response.status_code}"
    return Refusal(str(code), f"{code}, {status}") if known else Refusal(None, status)


def reduced_to_bearer_token(response: requests.Response) -> requests.Response | None:
    """An answer like `response` with nothing in it but the bearer token, and its lifetime in seconds if there is one.

    None where the answer has no bearer token. oauthlib trusts an answer more than is safe: it accepts other types of
    token, an `expires_at`, a list instead of an object. So it gets a checked answer to read.
    """
    if response.status_code != requests.codes.ok:
        return None
    answer = _document(response)
    token, token_type = answer.get("access_token"), answer.get("token_type", "Bearer")
    if not isinstance(token, str) or not _TOKEN_TEXT.fullmatch(token):
        return None
    if not isinstance(token_type, str) or token_type.casefold() != "bearer":
        return None
    lifetime = {"expires_in": seconds} if (seconds := _seconds(answer.get("expires_in"))) else {}
    reduced = requests.Response()
    reduced.status_code, reduced.encoding = response.status_code, "utf-8"
    reduced.raw = BytesIO(json.dumps({"access_token": token, "token_type": "Bearer", **lifetime}).encode())
    return reduced


def _document(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where it has none."""
    with suppress(ValueError, RecursionError):
        answer = json.loads(response.content.removeprefix(b"\xef\xbb\xbf"))
        if isinstance(answer, dict):
            return answer
    return {}


def _seconds(value: Any) -> int | None:
    """A lifetime in seconds, which some servers send as text; None where it is no such number."""
    # Without a lifetime the token is used until a 401 says that it has expired.
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
