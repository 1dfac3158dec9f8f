"""What the environment may say about HTTPS: where the proxy is, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.edges.clients import client_of, failed_step, failure_of, session_at, settings_at
from tests.edges.proxy import Proxy
from tests.edges.raw_server import TOKEN, RawServer, answers, http

from prsync.credentials.passwords import Secret
from prsync.errors import UnreachableError, UntrustedCertificateError, error_line
from prsync.threemanager.client import ThreeManager

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.simulator import Simulator

CA_VARIABLES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def another_ca(tmp_path: Path) -> Path:
    """A CA bundle that is as good as any, and has signed nothing here."""
    path = tmp_path / "another-ca.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_the_ca_bundle_given_lets_in_whatever_the_environment_says(
    variable: str, simulator: Simulator, another_ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(another_ca))
    with client_of(simulator) as client:
        assert len(client.organizations()) == 3


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_the_ca_bundle_given_keeps_out_whatever_the_environment_says(
    variable: str, simulator: Simulator, another_ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(simulator.ca_bundle))
    error = failure_of(session_at(simulator, ca_bundle=another_ca))
    assert isinstance(error, UntrustedCertificateError)
    assert error_line(error) == (
        f"the certificate of {simulator.url} cannot be trusted:"
        f" no CA in {another_ca} has signed it; --ca-bundle gives another file"
    )
    assert simulator.requests == []


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_without_a_ca_bundle_the_environment_gives_none(
    variable: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(simulator.ca_bundle))
    with (
        ThreeManager(settings_at(simulator.url), Secret(simulator.password)) as client,
        pytest.raises(UntrustedCertificateError, match="a private one is given with --ca-bundle FILE"),
    ):
        client.log_in()


def test_a_netrc_entry_replaces_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\ndefault login a password b\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with RawServer(tmp_path, answers(http(TOKEN), http(b"{}"))) as server:
        session = session_at(server)
        session.get("/api/v1/organizations", {})
        session.close()
    assert [b"Authorization: Bearer raw-token" in request for request in server.requests] == [False, True]
    assert not any(b"Basic" in request for request in server.requests)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_in_the_environment_is_gone_through(
    variable: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(tmp_path) as proxy:
        monkeypatch.setenv(variable, proxy.url.replace("//", "//somebody:sesame@"))
        with client_of(simulator) as client:
            assert len(client.organizations()) == 3
        (asked,) = proxy.requests
    assert asked.startswith(f"CONNECT {simulator.url.removeprefix('https://')} HTTP/1.".encode())
    assert b"Proxy-Authorization: Basic c29tZWJvZHk6c2VzYW1l" in asked
    assert b"Bearer" not in asked


@pytest.mark.parametrize(("name", "value"), [("NO_PROXY", "127.0.0.1"), ("no_proxy", "*"), ("HTTP_PROXY", "")])
def test_no_proxy_is_gone_through_where_none_is_meant(
    name: str, value: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(tmp_path) as proxy:
        monkeypatch.setenv("HTTPS_PROXY" if value else "HTTP_PROXY", proxy.url)
        if value:
            monkeypatch.setenv(name, value)
        with client_of(simulator) as client:
            assert len(client.organizations()) == 3
        assert proxy.accepted == 0


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://somebody:sesame@127.0.0.1:1", "the proxy lets no connection through; see HTTPS_PROXY and NO_PROXY"),
        ("socks5://somebody:sesame@127.0.0.1:1080", "HTTPS_PROXY names a SOCKS proxy; only HTTP proxies can be used"),
        ("ftp://somebody:sesame@127.0.0.1:21", "HTTPS_PROXY is no proxy's URL"),
        ("http://", "HTTPS_PROXY is no proxy's URL"),
        ("http://somebody:sesame@[::", "its URL, or that of HTTPS_PROXY, cannot be one"),
    ],
)
def test_a_proxy_that_is_none_is_named_without_its_password(
    url: str, reason: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    error = failure_of(session_at(simulator))
    assert isinstance(error, UnreachableError)
    assert error_line(error) == f"cannot reach {simulator.url}: {reason}"


@pytest.mark.parametrize("answer", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"])
def test_a_proxy_that_refuses_is_said_to(
    answer: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(tmp_path, answer=answer) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = failure_of(session_at(simulator))
        assert failed_step(settings_at(simulator.url, str(simulator.ca_bundle))) == "URL"
    assert "the proxy lets no connection through" in error_line(error)
    assert simulator.requests == []


def test_a_certificate_is_looked_at_through_a_proxy_too(
    simulator: Simulator, another_ca: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(tmp_path) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert isinstance(failure_of(session_at(simulator, ca_bundle=another_ca)), UntrustedCertificateError)
