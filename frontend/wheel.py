"""Makes the scripts of the front end when a wheel or a source archive is built.

Duty: run what `make` runs in a checkout – `npm ci`, `node build.mjs` – unless the scripts are there and no older than
their sources (a source archive brings them along). Where there is no npm, the package is built without them, and says
so: every page works without script. Part of the build, never of the package.
Source: https://hatch.pypa.io/latest/plugins/build-hook/custom/
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg] # hatchling's generics are for its own plugins
    """Runs before a package is put together; an editable installation takes the files where they are."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the scripts, or say why the package goes without them."""
        root = Path(self.root)
        folder = root / "frontend"
        made = root / "samvirke" / "web" / "static" / "built" / "parts.json"
        if version == "editable" or _is_new(made, folder):
            return
        npm, node = shutil.which("npm"), shutil.which("node")
        if npm is None or node is None:
            self.app.display_warning("Node.js with npm is not installed: the package has no scripts, its pages work.")
            return
        for command in ([npm, "ci", "--silent"], [node, "build.mjs"]):
            # Its words go to the build's own log: standard output may be read by a machine.
            done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                told = done.stdout.decode(errors="replace").strip()
                self.app.display_warning(f"{Path(command[0]).name} failed: the package has no scripts.\n{told}")
                return


def _is_new(made: Path, folder: Path) -> bool:
    sources = [folder / "package-lock.json", folder / "build.mjs", *(folder / "src").glob("*.js")]
    return made.is_file() and all(made.stat().st_mtime >= one.stat().st_mtime for one in sources)
