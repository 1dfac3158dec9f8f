"""500 customers with 20 devices each: what a night costs, a dry run of it, and a backup."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.bench import TODAY, Fleet, bench, measured, table

CUSTOMERS = 500
DEVICES = 20
DAYS = 7


def main() -> None:
    """Measure."""
    fleet = Fleet(CUSTOMERS, DEVICES, TODAY - timedelta(days=100))
    rows = []
    with bench(fleet) as ready:
        ready.connect(TODAY - timedelta(days=DAYS))
        before = TODAY - timedelta(days=2)
        commands: dict[str, list[object]] = {
            f"the first sync, {DAYS - 1} days": ["sync", "--through", before],
            "a dry run of the next night": ["sync", "--dry-run"],
            "the next night": ["sync"],
            "again: nothing to do": ["sync"],
            "a backup": ["backup", ready.prsync.home / "copy.db"],
        }
        for what, arguments in commands.items():
            ready.simulator.forget_requests()
            cost = measured(ready.prsync, *arguments)
            requests = len(ready.simulator.devices_requests)
            rows.append([what, requests, f"{cost.seconds:.1f}", f"{cost.cpu:.1f}", f"{cost.peak:.1f}"])
        size = ready.prsync.state.stat().st_size / 2**20
    table(
        f"{CUSTOMERS} customers with {DEVICES} devices each; the ledger is {size:.1f} MiB in the end",
        ("", "devices requests", "seconds", "CPU seconds", "peak RSS, MiB"),
        rows,
    )


if __name__ == "__main__":
    main()
