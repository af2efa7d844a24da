"""Start the fetcher (`python -m samvirke.federation DESCRIPTOR`); the web process does."""

import sys

from samvirke.federation.fetcher import main

sys.exit(main(int(sys.argv[1])))
