"""What a test needs of the machine."""

from __future__ import annotations

import os
import shutil

import pytest

_PACKAGES = {
    "chromium": "chromium",
    "cron": "cron",
    "crontab": "cron",
    "fc-match": "fontconfig, with fonts-noto-core and fonts-noto-cjk",
    "hb-view": "libharfbuzz-bin",
    "zbarimg": "zbar-tools",
    "dbus-run-session": "dbus",
    "dbus-send": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
    "lexgrog": "man-db",
    "man": "man-db",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
    "pdffonts": "poppler-utils",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
    "systemd-creds": "systemd",
}


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip the test where one of these programs is missing, and say which, and in which Debian package it is."""
    # Debian keeps daemons where an ordinary user's PATH does not look.
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [program for program in programs if shutil.which(program, path=path) is None]
    reason = ", ".join(f"{program} (Debian package {_PACKAGES.get(program, program)})" for program in missing)
    return pytest.mark.skipif(bool(missing), reason=f"needs {reason}")
