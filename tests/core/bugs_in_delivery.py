"""Bugs to plant in how it is decided what is delivered."""

from __future__ import annotations

from tests.core.bug import Bug

DELIVERY_BUGS = (
    Bug(
        "what is there is not looked for",
        "delivery.py",
        "found = {row.key: Decision(Verdict.FOUND, remote_id) for",
        "found = {row.key: Decision(Verdict.SEND) for",
    ),
    Bug(
        "an id is given to several rows",
        "delivery.py",
        "for one in listed if one.remote_id not in taken}",
        "for one in listed}",
    ),
    Bug(
        "all that look alike take the same one",
        "delivery.py",
        "for row, remote_id in zip(ordered, there, strict=False)}",
        "for row in ordered for remote_id in there[:1]}",
    ),
    Bug(
        "what was sent is sent again at once",
        "delivery.py",
        "if is_sent and row.sent_at is not None and now - row.sent_at < LIST_MAY_LAG:",
        "if False:",
    ),
    Bug(
        "what was sent is sent again after a minute",
        "delivery.py",
        "now - row.sent_at < LIST_MAY_LAG",
        "now - row.sent_at < LIST_MAY_LAG / 60",
    ),
    Bug(
        "what was sent is never sent again",
        "delivery.py",
        "now - row.sent_at < LIST_MAY_LAG",
        "now >= row.sent_at",
    ),
    Bug(
        "the day does not matter",
        "delivery.py",
        "candidates.setdefault((one.day if dated else None, one.pages), [])",
        "candidates.setdefault((min(row.date for row in rows), one.pages), [])",
    ),
    Bug(
        "pages do not matter",
        "delivery.py",
        "alike.setdefault((row.date if dated else None, row.pages), [])",
        "alike.setdefault((row.date if dated else None, 7), [])",
    ),
    Bug(
        "more there than could be ours, and one is taken all the same",
        "delivery.py",
        "if len(there) > len(ours):",
        "if len(there) > len(ours) and len(ours) > 99:",
    ),
    Bug(
        "as many there as could be ours, and they are doubted",
        "delivery.py",
        "if len(there) > len(ours):",
        "if len(there) >= len(ours):",
    ),
    Bug(
        "a date that cannot be read is taken for another day",
        "delivery.py",
        "if dated and any(one.day is None and one.pages == row.pages for one in others):",
        "if False:",
    ),
)
