"""A certificate authority of the simulator's own: only who is given its file trusts it, and it is never used twice."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import trustme

from prsync.process.files import make_private_file, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path


def server_context(ca_bundle: Path, names: Sequence[str], not_after: datetime | None = None) -> ssl.SSLContext:
    """Make a CA and a server certificate for the host `names`, and return what a server needs to speak TLS with it.

    The CA's certificate is written to `ca_bundle`, for clients. The server's certificate expires at `not_after`.
    """
    # Only the certificate is written. The private key stays in memory, so that no one can sign with this CA later.
    ca = trustme.CA()
    make_private_folder(ca_bundle.parent)
    make_private_file(ca_bundle)
    ca_bundle.write_bytes(ca.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, not_after=not_after).configure_cert(context)
    return context
