"""The issuer's page for whoever scans a certificate: one file, which checks in the browser and asks nobody."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from prsync.certificates.genuine.link import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from prsync.certificates.genuine.issuer_key import PublicKey


def make_public_page(issuer: str | None, accent: str, keys: Sequence[PublicKey]) -> str:
    """The page as HTML, which takes for genuine what one of the keys has signed."""
    data = {
        "context": CONTEXT,
        "keys": {key.fingerprint: b64encode(key.raw).decode() for key in keys},
    }
    return _template().render(issuer=issuer, accent=accent, data=json.dumps(data))


@cache
def _template() -> Template:
    text = (files("prsync.certificates.genuine") / "public_page.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text)
