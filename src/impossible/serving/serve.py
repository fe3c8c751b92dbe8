"""Start the server: listen, load the student, serve until Ctrl-C or SIGTERM, finish what was asked."""

import os
import secrets
import signal
from collections.abc import Callable

import uvicorn

from ..explore.serve import listen
from ..students.student import Student
from .app import is_loopback, make_app
from .batcher import Batcher

TOKEN = "IMPOSSIBLE_SERVE_TOKEN"
_GRACE = 30  # seconds in which requests may end after a signal


def serve(
    load: Callable[[], Student], host: str, port: int, most: int, on_listen: Callable[[str, str], None]
) -> None:
    """Serve the student that `load` opens on `host` and `port` (0: any free one); `most` sentences may wait.

    The token is that of the environment; for another address than loopback a new one if there is none.
    `on_listen` gets the URL and the token, "" if none is needed. Raises DataError if it cannot listen there,
    ModelError.
    """
    token = os.environ.get(TOKEN, "") or ("" if is_loopback(host) else secrets.token_urlsafe(24))
    with listen(host, port) as listening:
        student = load()
        student.order_rejected = False  # rejected outputs are not returned
        batcher = Batcher(student, most)
        place = f"[{host}]" if ":" in host else host
        on_listen(f"http://{place}:{listening.getsockname()[1]}/v1", token)
        config = uvicorn.Config(
            make_app(batcher, token),
            log_level="warning",
            timeout_graceful_shutdown=_GRACE,
            server_header=False,
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, once uvicorn has ended
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            return
