"""A certificate authority for one afternoon: it is known to whoever is given its file, and to nobody else."""

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
    """What a server for the host `names` needs to speak TLS, signed by a new CA that is written to `ca_bundle`.

    The private keys stay in memory.
    """
    ca = trustme.CA()
    make_private_folder(ca_bundle.parent)
    make_private_file(ca_bundle)
    ca_bundle.write_bytes(ca.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, not_after=not_after).configure_cert(context)
    return context
