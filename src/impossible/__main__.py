"""`python -m impossible`."""

from .cli import main

main()
