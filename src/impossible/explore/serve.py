"""The server of the web app: serves a run until Ctrl-C."""

import os
import secrets
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from ..errors import DataError
from .app import make_app
from .index import open_index


def serve(
    run: Path, host: str, port: int, student: Path | None, browser: bool, on_listen: Callable[[str], None]
) -> None:
    """Serve a run on `host` and `port` (0: any free one) until Ctrl-C; `on_listen` gets the URL,
    whose token is new with each start.

    Raises DataError if it cannot listen there, StoreError if there is no run.
    """
    with listen(host, port) as listening, open_index(run) as index, ExitStack() as page:
        token = secrets.token_urlsafe(24)
        place = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
        address = f"{place}?token={token}"
        on_listen(address)
        if browser and _has_screen():
            webbrowser.open(page.enter_context(_private_page(address)).as_uri())
        config = uvicorn.Config(
            make_app(index, token, host, student),
            log_level="warning",
            timeout_graceful_shutdown=2,
            server_header=False,
        )
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            return


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on `host` and `port`, 0 for any free one. Raises DataError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise DataError(
            f"cannot listen on {host}, port {port} ({error.strerror or error}); --port 0 uses a free one"
        ) from error


@contextmanager
def _private_page(address: str) -> Iterator[Path]:
    """A page for this user's eyes that leads to the address: others can read the arguments of a browser."""
    with tempfile.NamedTemporaryFile("w", suffix=".html") as file:  # of mode 600
        file.write(f'<meta http-equiv="refresh" content="0;url={address}">')
        file.flush()
        yield Path(file.name)


def _has_screen() -> bool:
    """Whether a browser would open in a window, not in the terminal."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
