"""`python -m samvirke` is the command line."""

from samvirke.cli import main

main()
