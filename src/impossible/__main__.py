"""`python -m impossible`."""

import sys


def main() -> None:
    """Entry point of the `impossible` command: Ctrl-C while modules are imported leaves no traceback."""
    try:
        from .cli.app import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
