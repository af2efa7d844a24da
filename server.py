"""This site for an RSGI or WSGI server (`granian server:app`); `python server.py` serves it at once."""

import os
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent
if __name__ == "__main__":
    from samvirke.cli import run

    given = [f"--{name.lower()}={os.environ[name]}" for name in ("HOST", "PORT") if os.environ.get(name)]
    sys.exit(run(["--site", str(SITE), "serve", *given, *sys.argv[1:]]))
else:
    from samvirke.site import Site
    from samvirke.web import create_app
    from samvirke.web.front import Front

    settings = (site := Site.open(SITE)).settings
    federation = {"federation": settings.federation, "federation_private": settings.federation_private}
    app = Front(create_app(site.state, limits=settings.limits, **federation), trusted_proxies=settings.trusted_proxies)
