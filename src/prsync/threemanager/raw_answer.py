"""An answer as it came, whatever its status: what a person needs to see of a server that no profile fits yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import printable
from prsync.https.document import document_of
from prsync.threemanager.rows import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

_OK: Final = 200
_NO_CONTENT: Final = 204
_REDIRECTS: Final = range(300, 400)
_TYPE_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer to one request. `path` is what was asked for, without its query; `headers` have names of any case."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(default="", repr=False)
    asked: tuple[str, ...] = ()
    """The parameters that it was asked by, as page=1."""

    @property
    def media_type(self) -> str:
        """What the server says that the answer is; "" where it says nothing."""
        said = next((text for name, text in self.headers.items() if name.casefold() == "content-type"), "")
        return printable(said.partition(";")[0].strip())[:_TYPE_LENGTH]

    @property
    def is_ok(self) -> bool:
        """Whether it has a status of an answer."""
        return self.status in {_OK, _NO_CONTENT}

    @property
    def is_redirect(self) -> bool:
        """Whether it sends on to another address."""
        return self.status in _REDIRECTS

    @property
    def is_html(self) -> bool:
        """Whether it is a page for people."""
        return "html" in self.media_type.casefold() or self.body[:200].lstrip().lower().startswith(
            (b"<!doctype", b"<html")
        )

    def answer(self) -> Answer:
        """The answer as the readers of lists take it. ValueError where it is not JSON."""
        document: Any = None if self.status == _NO_CONTENT else document_of(self.body)
        return Answer(document, self.headers, self.url)
