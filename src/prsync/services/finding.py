"""One thing that the doctor has looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `ok` is None where it is worth knowing and neither good nor bad."""

    about: str
    ok: bool | None
    found: str

    def document(self) -> dict[str, object]:
        """The finding as `doctor --json` has it."""
        return {"about": self.about, "ok": self.ok, "found": self.found}
