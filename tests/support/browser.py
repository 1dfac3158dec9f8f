"""Headless Chromium, and what it says of a page: whether it passes axe, how wide it is, what it asks for."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

AXE: Final = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
"""As `npm install` puts it there."""

needs_axe = pytest.mark.skipif(not AXE.exists(), reason="needs axe-core (npm install)")

_POLICY: Final = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_ANSWER: Final = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)


class Browser:
    """Runs a script in a page, and gives what it comes to. `folder` is where it keeps its files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def axe(self, page: str, *, width: int, dark: bool = False) -> list[dict[str, Any]]:
        """The rules of axe that the page breaks."""
        # The page's own policy allows no script at all.
        script = AXE.read_text("utf-8") + ";window.answer = axe.run().then(found => found.violations)"
        found = self._run(_POLICY.sub("", page), script, width=width, dark=dark)
        assert isinstance(found, list)
        return found

    def overflow(self, page: str, *, width: int) -> int:
        """By how many pixels the page is wider than a window of this width; a frame, as no window is below 500."""
        frame = f'<iframe width="{width}" height="900" style="border: 0" srcdoc="{html.escape(page)}"></iframe>'
        script = """
            const root = () => document.querySelector("iframe").contentDocument.documentElement;
            window.answer = new Promise(done => setTimeout(() => done(root().scrollWidth - root().clientWidth), 500));
        """
        return int(self._run(f"<!doctype html><body>{frame}", script, width=max(width + 40, 500)))

    def _run(self, page: str, script: str, *, width: int, dark: bool = False) -> Any:
        # After the page is loaded, and in the page's place: --dump-dom prints what there is in the end.
        show = """
            window.answer.then(found => {
                const shown = document.createElement("pre");
                shown.textContent = JSON.stringify(found);
                document.body.replaceChildren(shown);
            });
        """
        file = self._folder / "page.html"
        file.write_text(f"{page}<script>{script};{show}</script>", encoding="utf-8")
        options = ["--force-dark-mode"] if dark else []
        done = subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self._folder}/profile"),
                *("--virtual-time-budget=20000", f"--window-size={width},900", *options, "--dump-dom", file.as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        answer = _ANSWER.search(done.stdout)
        assert answer is not None, done.stdout[-2000:] + done.stderr[-2000:]
        return json.loads(html.unescape(answer[1]))
