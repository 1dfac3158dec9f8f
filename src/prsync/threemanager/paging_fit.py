"""How prsync would see that a list has ended, from the first answer of it: told by a sign, or only guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import quantity
from prsync.threemanager.address import MISSING, at
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.paging import link_to_next
from prsync.threemanager.rows import number_of, sign_of_more, signs_of_paging

if TYPE_CHECKING:
    from prsync.threemanager.profile import Paging
    from prsync.threemanager.rows import Answer

_LINK_HEADER: Final = "Link.next"


def fit_paging(answer: Answer, rows: int, paging: Paging, table: str) -> list[KeyFit]:
    """How the keys of a list's `paging` fit its first answer, which has so many rows. `table` as `devices.paging`."""
    fits = [_fit_end(answer, rows, paging, table)]
    if paging.style in {"page", "offset"} and rows > paging.rows_per_page:
        found = (
            f"{quantity(rows, 'row')} came, though only {paging.rows_per_page:,} were asked for: it seems not heeded"
        )
        fits.append(KeyFit(key=f"{table}.size", says=paging.size, fit=Fit.GUESSED, found=found))
    return fits


def _fit_end(answer: Answer, rows: int, paging: Paging, table: str) -> KeyFit:
    uses_link_header = paging.style == "link" and not paging.next
    told = link_to_next(answer) if uses_link_header else at(answer.document, paging.next) if paging.next else MISSING
    total = number_of(at(answer.document, paging.total)) if paging.total else None
    if paging.style != "none" and told is not MISSING:
        return _told(f"{table}.next", "the Link header" if uses_link_header else paging.next, told, paging)
    if paging.style not in {"none", "cursor", "link"} and total is not None:
        found = f"the end is told by {paging.total}"
        return KeyFit(key=f"{table}.total", says=paging.total, fit=Fit.FITS, found=found)
    sign = sign_of_more(answer, rows=rows, pages=1, used=(paging.next, paging.total))
    if sign is not None and not (sign == _LINK_HEADER and uses_link_header):
        return _unused(sign, rows, paging, table)
    return _untold(answer, rows, paging, table)


def _told(key: str, name: str, told: Any, paging: Paging) -> KeyFit:
    more = "the first answer is the last" if _is_end(told) else "there are more pages"
    return KeyFit(key=key, says=paging.next, fit=Fit.FITS, found=f"the end is told by {name}; {more}")


def _is_end(told: Any) -> bool:
    return told in (None, "", 0, False)


def _unused(sign: str, rows: int, paging: Paging, table: str) -> KeyFit:
    """There is more, by a sign that the profile has no use for: prsync would refuse the answer."""
    found = f"by {sign} there is more than the {quantity(rows, 'row')}, and the profile does not say how to ask for it"
    next_place, total = _signs(sign)
    if next_place is not None and paging.style != "none":
        return KeyFit(key=f"{table}.next", says=paging.next, fit=Fit.MISFIT, found=found, could_be=(next_place,))
    if total is not None and paging.style in {"page", "offset"}:
        return KeyFit(key=f"{table}.total", says=paging.total, fit=Fit.MISFIT, found=found, could_be=(total,))
    could_be = ("link",) if sign == _LINK_HEADER else ()
    return KeyFit(key=f"{table}.style", says=paging.style, fit=Fit.MISFIT, found=found, could_be=could_be)


def _signs(sign: str) -> tuple[str | None, str | None]:
    """The sign as `next` or as `total` could name it; headers cannot be named."""
    last = sign.rpartition(".")[2].casefold().replace("_", "")
    if sign == _LINK_HEADER or sign.casefold().startswith("x-"):
        return None, None
    if ("next" in last and not last.startswith("has")) or last.endswith("token"):
        return sign, None
    if ("total" in last or "count" in last) and "page" not in last:
        return None, sign
    return None, None


def _untold(answer: Answer, rows: int, paging: Paging, table: str) -> KeyFit:
    others = [sign for sign in signs_of_paging(answer) if sign not in {paging.next, paging.total}]
    nexts = [name for name in others if _signs(name)[0]]
    totals = [name for name in others if _signs(name)[1]]
    if paging.style == "none":
        found = "all rows are expected in one answer, and nothing in it says that there are more"
        return KeyFit(key=f"{table}.style", says="none", fit=Fit.FITS, found=found)
    if paging.style in {"cursor", "link"}:
        # Many servers leave the field away on the last page; that is their way to say it.
        found = f"{paging.next or 'a Link header'} is not there, which means: the last page"
        fit = Fit.GUESSED if nexts else Fit.FITS
        return KeyFit(key=f"{table}.next", says=paging.next, fit=fit, found=found, could_be=tuple(nexts))
    found = "only guessed: nothing tells the end, so prsync asks on until a page is empty"
    if totals and not nexts:
        return KeyFit(key=f"{table}.total", says=paging.total, fit=Fit.GUESSED, found=found, could_be=tuple(totals))
    could_be = tuple(nexts) if nexts else ()
    if not rows:
        found = "cannot be seen in an answer without rows"
    return KeyFit(key=f"{table}.next", says=paging.next, fit=Fit.GUESSED, found=found, could_be=could_be)
