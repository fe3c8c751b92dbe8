"""`python -m impossible`."""

from .cli.app import main

main()
