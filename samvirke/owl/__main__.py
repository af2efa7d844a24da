"""The child process of the reasoner, `python -m samvirke.owl`: N-Triples on stdin, its answer as JSON on stdout."""

import json
import sys

from samvirke.owl import reason

if __name__ == "__main__":
    json.dump(reason(sys.stdin.buffer.read()), sys.stdout)
