"""examples/ for monitoring: each is read by the program it is for, or names only what prsync has."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.edges.ledgers import collect, connected
from tests.support import rows
from tests.support.commands import problem_of
from tests.support.requirements import needs

from prsync.monitoring.prometheus import DeliverySample, FeedSample, RunSample, Samples, ServerSample, metrics_text

EXAMPLES: Final = Path(__file__).parents[2] / "examples"


def metrics() -> set[str]:
    """The names of all metrics that prsync writes, and node_exporter's own about the file."""
    from tests.edges.ledgers import NOW

    samples = Samples(
        servers=[ServerSample(name="main", is_healthy=True, checked_at=NOW)],
        feeds=[
            FeedSample(
                name="Acme",
                server="main",
                is_well=True,
                last_data_at=NOW,
                synced_through=NOW.date(),
                pages=1,
                open_anomalies=0,
                months_pending=0,
            )
        ],
        runs=[RunSample(command="sync", started_at=NOW, finished_at=NOW, is_ok=True)],
        reasons={"stale": 0},
        deliveries=[DeliverySample(name="Acme", server="main", state="waiting", deposits=1)],
    )
    text = metrics_text(samples)
    return set(re.findall(r"^(prsync_\w+)[{ ]", text, re.MULTILINE)) | {"node_textfile_mtime_seconds"}


def named_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:prsync|node)_\w+", re.sub(r'"[^"]*"', "", expression)))


@needs("promtool")
def test_prometheus_takes_the_rules_and_they_fire_when_they_should() -> None:
    folder = EXAMPLES / "prometheus"
    for arguments in (["check", "rules", "prsync.rules.yml"], ["test", "rules", "prsync.test.yml"]):
        done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_rules_and_panels_ask_for_metrics_that_there_are() -> None:
    rules = yaml.safe_load((EXAMPLES / "prometheus" / "prsync.rules.yml").read_text("utf-8"))
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((EXAMPLES / "grafana" / "prsync.json").read_text("utf-8"))
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) == 10
    assert len(panels) == 9
    for expression in (*expressions, *panels):
        assert named_in(expression) <= metrics(), expression
        assert named_in(expression)


@needs("promtool")
def test_prometheus_reads_what_the_panels_ask(tmp_path: Path) -> None:
    dashboard = json.loads((EXAMPLES / "grafana" / "prsync.json").read_text("utf-8"))
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(panels)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs("promtool")
def test_prometheus_finds_nothing_wrong_with_the_metrics() -> None:
    text = metrics_text(Samples(servers=[], feeds=[], runs=[], reasons={"stale": 0}))
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_prsync_takes_what_icinga_runs() -> None:
    text = (EXAMPLES / "icinga" / "prsync.conf").read_text("utf-8")
    (command,) = re.findall(r"command = \[ (.*) \]", text)
    words = [word.strip('"') for word in command.split(", ")]
    options = re.findall(r'^    "(--[a-z]+)" = \{', text, re.MULTILINE)
    assert words[0].endswith("/prsync")
    assert options == ["--offline", "--state", "--ignore"]
    line = ["--state", "/x", *words[1:], "--offline", "--ignore", "Acme"]
    assert problem_of(line) is None
    assert text.count("{") == text.count("}")


def test_datasettes_queries_are_answered_by_a_ledger(tmp_path: Path) -> None:
    metadata = yaml.safe_load((EXAMPLES / "datasette" / "metadata.yaml").read_text("utf-8"))
    path = tmp_path / "ledger.db"
    connected(path)
    collect(path)
    ledger = metadata["databases"]["ledger"]
    tables = {row["name"] for row in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(ledger["tables"]) <= tables
    for name, table in ledger["tables"].items():
        columns = {row["name"] for row in rows(path, f"PRAGMA table_info({name})")}
        assert {table[key] for key in ("sort_desc", "label_column") if key in table} <= columns
    answers = {}
    for name, query in ledger["queries"].items():
        sql = query["sql"].replace(":first_day", "'2026-11-01'").replace(":last_day", "'2026-11-30'")
        answers[name] = rows(path, sql)
    assert answers["books_agree"] == []
    assert answers["trees_by_month"] == [{"month": "2026-11", "pages": 267, "trees": 0.03}]
    assert answers["pages_by_customer"] == [{"name": "Acme", "pages": 267, "trees": 0.03}]


@pytest.mark.parametrize(
    "file", sorted(EXAMPLES.rglob("*.yml")) + sorted(EXAMPLES.rglob("*.yaml")), ids=lambda path: path.name
)
def test_every_example_in_yaml_is_yaml(file: Path) -> None:
    assert list(yaml.safe_load_all(file.read_text("utf-8")))
