"""The papers on which a certificate can be."""

from __future__ import annotations

from typing import Final

PAPERS: Final = ("a4", "letter")
"""Both landscape: A4 (297 by 210 mm) and letter (11 by 8.5 in)."""
