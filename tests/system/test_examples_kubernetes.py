"""examples/kubernetes: against Kubernetes' own schema, and what the containers run is run."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.support import Prsync, rows, sums
from tests.system.at import always_at

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.demo.fleet import Fleet
    from prsync.demo.simulator import Simulator

FILE: Final = Path(__file__).parents[2] / "examples" / "kubernetes" / "cronjob.yaml"
SCHEMA: Final = json.loads((Path(__file__).parent / "data" / "kubernetes-1.37.json").read_text("utf-8"))


@pytest.fixture
def fleet() -> Fleet:
    """Two customers: the ones that the example files name."""
    return LifelikeFleet(2011, organizations=2, devices=2, first_day=date(2025, 12, 1))


def _kubernetes() -> dict[str, Any]:
    documents = yaml.safe_load_all(FILE.read_text("utf-8"))
    return {document["kind"]: document for document in documents}


@pytest.mark.parametrize("kind", _kubernetes())
def test_kubernetes_would_take_the_documents(kind: str) -> None:
    (definition,) = (name for name in SCHEMA["$defs"] if re.fullmatch(rf"io\.k8s\.api\.(core|batch)\.v1\.{kind}", name))
    validator = Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{definition}"})
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(_kubernetes()[kind])] == []


def test_each_server_has_documents_of_its_own() -> None:
    script = FILE.with_name("each-server")
    # As a spreadsheet may write it: with a carriage return, and without a last end of line.
    servers = "main,https://app.3manager.com,prsync\r\nnorth,https://north.example/a&p|i,me@north.example"
    done = subprocess.run([str(script)], input=servers.encode(), capture_output=True, check=True)
    documents = [document for document in yaml.safe_load_all(done.stdout) if document]
    names = [(document["kind"], document["metadata"]["name"]) for document in documents]
    kinds = {"PersistentVolumeClaim": "", "Job": "-setup", "CronJob": "-sync"}
    assert names == [(kind, f"prsync-{name}{ending}") for name in ("main", "north") for kind, ending in kinds.items()]
    # As the template, in which the server is called main.
    own = json.dumps([document for document in _kubernetes().values() if document["kind"] != "ConfigMap"])
    main, north = (json.dumps(documents[:3]), json.dumps(documents[3:]))
    assert main.replace("prsync-main", "prsync") == own
    assert north == main.replace('"main"', '"north"').replace("prsync-main", "prsync-north").replace(
        "prsync/main", "prsync/north"
    ).replace("https://app.3manager.com", "https://north.example/a&p|i").replace(
        "--username=prsync", "--username=me@north.example"
    )


def _pods() -> list[Mapping[str, Any]]:
    documents = _kubernetes()
    job, cron_job = (documents[kind]["spec"] for kind in ("Job", "CronJob"))
    return [job["template"]["spec"], cron_job["jobTemplate"]["spec"]["template"]["spec"]]


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


@pytest.mark.parametrize("pod", _pods(), ids=["Job", "CronJob"])
def test_a_pod_writes_nowhere_but_to_the_ledgers_volume_and_is_never_root(pod: Mapping[str, Any]) -> None:
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert pod["securityContext"]["runAsNonRoot"]
    for container in _containers(pod):
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
        assert writable == ["/var/lib/prsync"]
        assert {"name": "PRSYNC_STATE", "value": "/var/lib/prsync/ledger.db"} in container["env"]


def test_the_pods_register_connect_and_collect(prsync: Prsync, simulator: Simulator, tmp_path: Path) -> None:
    """What the containers run, with the volumes as folders of this machine, and the simulator as 3manager."""
    prsync = always_at(datetime(2026, 3, 10, 1, 30, tzinfo=UTC), prsync)
    (tmp_path / "main").touch(mode=0o600)
    (tmp_path / "main").write_text(simulator.password)
    for name, content in _kubernetes()["ConfigMap"]["data"].items():
        (tmp_path / name).write_text(content, "utf-8")
    places = {
        "/run/secrets/prsync": str(tmp_path),
        "/etc/prsync": str(tmp_path),
        "https://app.3manager.com": simulator.url,
        "--username=prsync": f"--username={simulator.username}",
    }
    for container in (container for pod in _pods() for container in _containers(pod)):
        program, *arguments = container["args"]
        assert program == "prsync"
        for there, here in places.items():
            arguments = [argument.replace(there, here) for argument in arguments]
        private = ["--ca-bundle", simulator.ca_bundle] if "add" in arguments else []
        done = prsync(*arguments, *private)
        assert (done.status, done.stderr) == (0, "")
    assert all(pages == life > 0 for pages, life in sums(prsync.state).values())
    zones = [row["timezone"] for row in rows(prsync.state, "SELECT timezone FROM feeds ORDER BY id")]
    assert zones == ["Europe/Copenhagen", "Europe/Berlin"]
