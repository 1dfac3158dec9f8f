"""The picture at the top of errors.py is all of them, each under the one it is a kind of."""

from __future__ import annotations

import re

from prsync import errors


def test_the_tree_of_errors_is_all_of_them() -> None:
    assert errors.__doc__ is not None
    parents: list[str] = []
    drawn: dict[str, str] = {}
    for found in re.finditer(r"^    ([│├└─ ]*)(\w+Error)\b", errors.__doc__, re.MULTILINE):
        parents[len(found[1]) // 4 :] = [found[2]]
        drawn[found[2]] = parents[-2] if len(parents) > 1 else "Exception"
    there = {
        name: kind.__bases__[0].__name__
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert drawn == there
