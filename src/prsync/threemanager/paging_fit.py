"""How prsync would see that a list has ended, from the first answer of it: told by a sign, or only guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import quantity
from prsync.threemanager.address import MISSING, at
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.paging import link_to_next, second_parameters
from prsync.threemanager.rows import number_of, sign_of_more, signs_of_paging
from prsync.threemanager.shown_texts import is_field_name

if TYPE_CHECKING:
    from prsync.threemanager.profile import Paging
    from prsync.threemanager.rows import Answer, Row

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
    sign = sign_of_more(answer, rows=rows, pages=1, used=(paging.next, paging.total))
    if sign == _LINK_HEADER and uses_link_header:
        sign = None
    if paging.style != "none" and told is not MISSING:
        return _told(told, "the Link header" if uses_link_header else paging.next, sign, rows, paging, table)
    if paging.style in {"page", "offset"}:
        return _page_or_offset(answer, sign, rows, paging, table)
    # Here prsync has nothing to go on by, and refuses an answer that shows that there is more.
    return _unused(sign, rows, paging, table) if sign else _last_page(answer, paging, table)


def is_untold(end: KeyFit, rows: int, paging: Paging) -> bool:
    """Whether only the second part can show what ends a list: nothing in the first answer does."""
    return end.is_guessed and rows > 0 and paging.style in {"page", "offset"}


def fit_second_part(end: KeyFit, rows: list[Row], second: list[Row] | None, status: int, paging: Paging) -> KeyFit:
    """The fit of the end of a list, once its second part was asked for too, whose rows are None where it has none.

    `end` is what the first answer alone has shown.
    """
    asked = f"{paging.number}={second_parameters(paging, len(rows))[paging.number]}"
    table = end.key.rpartition(".")[0]
    if second is None:
        found = f"nothing tells the end, and to {asked} the server gives no answer of use (status {status})"
        if end.could_be:
            return replace(end, fit=Fit.MISFIT, found=found)
        return KeyFit(key=f"{table}.style", says=paging.style, fit=Fit.MISFIT, found=found, could_be=("none",))
    if second == rows:
        found = f"nothing tells the end, and {asked} gave the same rows once more: it is not heeded"
        all_rows = "this row all there is" if len(rows) == 1 else f"these {len(rows):,} rows all there are"
        question = f"{table}: is {all_rows}?" if len(rows) == 1 else f"{table}: are {all_rows}?"
        return replace(end, found=found, question=f"{question} If not, set it to how the next part is asked for.")
    came = "gave other rows" if second else "was empty: these rows were all"
    return replace(end, found=f"nothing tells the end, so prsync asks on until a page is empty; {asked} {came}")


def _told(told: Any, name: str, sign: str | None, rows: int, paging: Paging, table: str) -> KeyFit:
    is_end = told in (None, "", 0, False)
    if is_end and sign:
        return _unused(sign, rows, paging, table)
    more = "the first answer is the last" if is_end else "there are more pages"
    found = f"the end is told by {name}; {more}"
    return KeyFit(key=f"{table}.next", says=paging.next, fit=Fit.FITS, found=found)


def _page_or_offset(answer: Answer, sign: str | None, rows: int, paging: Paging, table: str) -> KeyFit:
    """Without a word of the next page prsync counts on: to the total, or until a page is empty."""
    total = number_of(at(answer.document, paging.total)) if paging.total else None
    if total is not None:
        found = f"the end is told by {paging.total}"
        return KeyFit(key=f"{table}.total", says=paging.total, fit=Fit.FITS, found=found)
    found = "only guessed: nothing tells the end, so prsync asks on until a page is empty"
    if not rows and sign is None:
        found = "cannot be seen in an answer without rows"
    others = [name for name in [sign, *signs_of_paging(answer)] if name and name not in {paging.next, paging.total}]
    nexts = tuple(dict.fromkeys(name for name in others if _signs(name)[0]))
    totals = tuple(dict.fromkeys(name for name in others if _signs(name)[1]))
    if totals and not nexts:
        return KeyFit(key=f"{table}.total", says=paging.total, fit=Fit.GUESSED, found=found, could_be=totals)
    return KeyFit(key=f"{table}.next", says=paging.next, fit=Fit.GUESSED, found=found, could_be=nexts)


def _unused(sign: str, rows: int, paging: Paging, table: str) -> KeyFit:
    """There is more, by a sign that the profile has no use for: prsync would refuse the answer."""
    found = f"by {_shown(sign)} there is more than the {quantity(rows, 'row')}, and the profile does not ask for it"
    next_place, _ = _signs(sign)
    if next_place is not None and paging.style != "none":
        return KeyFit(key=f"{table}.next", says=paging.next, fit=Fit.MISFIT, found=found, could_be=(next_place,))
    could_be = ("link",) if sign == _LINK_HEADER else ()
    return KeyFit(key=f"{table}.style", says=paging.style, fit=Fit.MISFIT, found=found, could_be=could_be)


def _shown(sign: str) -> str:
    """The name of a sign, unless what it stands in may be a customer's."""
    return sign if all(map(is_field_name, sign.split("."))) else "a field beside the rows"


def _last_page(answer: Answer, paging: Paging, table: str) -> KeyFit:
    if paging.style == "none":
        found = "all rows are expected in one answer, and nothing in it says that there are more"
        return KeyFit(key=f"{table}.style", says="none", fit=Fit.FITS, found=found)
    # Many servers leave the field away on the last page; that is their way to say it.
    found = f"{paging.next or 'a Link header'} is not there, which means: the last page"
    nexts = tuple(name for name in signs_of_paging(answer) if name != paging.next and _signs(name)[0])
    fit = Fit.GUESSED if nexts else Fit.FITS
    return KeyFit(key=f"{table}.next", says=paging.next, fit=fit, found=found, could_be=nexts)


def _signs(sign: str) -> tuple[str | None, str | None]:
    """The sign as `next` or as `total` could name it; headers cannot be named."""
    if _shown(sign) != sign:
        return None, None
    last = sign.rpartition(".")[2].casefold().replace("_", "")
    if sign == _LINK_HEADER or sign.casefold().startswith("x-"):
        return None, None
    if ("next" in last and not last.startswith("has")) or last.endswith("token"):
        return sign, None
    if ("total" in last or "count" in last) and "page" not in last:
        return None, sign
    return None, None
