"""`python -m impossible`, and the entry point of the `impossible` command. Imports nothing before `main`."""

import os
import sys


def _leave(number: int, frame: object) -> None:
    os._exit(130)  # an exception within an import could be swallowed, or leave a traceback


def main() -> None:
    """Run the command; Ctrl-C while modules are imported ends it at once, without a traceback."""
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as by nohup
            signal.signal(signal.SIGINT, _leave)
        from .cli.app import main as command

        if signal.getsignal(signal.SIGINT) is _leave:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
