"""What a server answers when it is asked for a token. Of it only what the contract names goes on."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from io import BytesIO
from typing import Any, Final

import requests

_REFUSALS: Final = {400, 401, 403}
_CODES: Final = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


def refusal(response: requests.Response) -> str | None:
    """Why the login is refused, None where it is not. The reason is ours or a code of RFC 6749, never free text."""
    code = _document(response).get("error")
    known = isinstance(code, str) and code in _CODES
    if response.status_code not in _REFUSALS and not (known and response.status_code == requests.codes.ok):
        return None
    return f"{code}, status {response.status_code}" if known else f"status {response.status_code}"


def bearer_token(response: requests.Response) -> requests.Response | None:
    """The answer with nothing but a bearer token in it, and its lifetime if that can be told; None where it has none.

    oauthlib believes an answer more than it should: other types of token, an expires_at, a list for an object.
    """
    if response.status_code != requests.codes.ok:
        return None
    answer = _document(response)
    token, kind = answer.get("access_token"), answer.get("token_type", "Bearer")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    if not isinstance(kind, str) or kind.casefold() != "bearer":
        return None
    lifetime = {"expires_in": seconds} if (seconds := _seconds(answer.get("expires_in"))) else {}
    clean = requests.Response()
    clean.status_code, clean.encoding = response.status_code, "utf-8"
    clean.raw = BytesIO(json.dumps({"access_token": token, "token_type": "Bearer", **lifetime}).encode())
    return clean


def _document(response: requests.Response) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        answer = json.loads(response.content)
        if isinstance(answer, dict):
            return answer
    return {}


def _seconds(value: Any) -> int | None:
    """A lifetime; None for what is none: then a 401 says when it is over."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
