"""Trees are exact at any size."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prsync.core.trees import PAGES_PER_TREE, trees


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (2_469_134, "296.31"),
        (525_377, "63.05"),
        (1_234, "0.15"),
        (0, "0.00"),
        (8_333, "1.00"),
        (41, "0.00"),
        (42, "0.01"),
        (2**63 - 1, "1106848918379308.27"),
    ],
)
def test_pages_are_so_many_trees(pages: int, expected: str) -> None:
    assert str(trees(pages)) == expected


def test_half_a_hundredth_is_rounded_up() -> None:
    assert trees(5, pages_per_tree=1000) == Decimal("0.01")
    assert trees(4, pages_per_tree=1000) == Decimal("0.00")
    assert trees(15, pages_per_tree=1000) == Decimal("0.02")
    assert trees(25, pages_per_tree=1000) == Decimal("0.03")


@given(st.integers(0, 10**40))
def test_trees_are_never_further_off_than_half_a_hundredth(pages: int) -> None:
    found = trees(pages)

    assert -Fraction(1, 200) < Fraction(found) - Fraction(pages, PAGES_PER_TREE) <= Fraction(1, 200)
    assert found.as_tuple().exponent == -2


def test_the_precision_of_the_caller_does_not_matter() -> None:
    with localcontext() as context:
        context.prec = 3
        assert str(trees(2**63 - 1)) == "1106848918379308.27"
