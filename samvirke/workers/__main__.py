"""Entry of the worker processes: `python -m samvirke.workers SOCKET LIFELINE`, started by `pool`."""

import sys

from samvirke.workers.zygote import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
