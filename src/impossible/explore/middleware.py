"""Request guard: rejects who has no token and other sites (CSRF, DNS rebinding), adds security headers."""

import ipaddress
import secrets
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
MAX_FORM_BYTES = 65_536


def _cookie(request: Request) -> str:
    """The name of the cookie: the explorers of one host share their cookies, whatever their ports."""
    return f"impossible-explore-{request.url.port}"


class Guard:
    """Reject requests without the token and from other sites, and add security headers to responses."""

    def __init__(self, app: ASGIApp, host: str, token: str):
        self._app, self._token = app, token
        self._names = {"localhost", host.lower(), socket.gethostname().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        request = Request(scope)
        problem = self._problem(scope["method"], request.headers)
        app = self._app if problem is None else PlainTextResponse(problem, 403)
        if problem is None and not self._matches(request.cookies.get(_cookie(request), "")):
            app = self._enter(request)
        await app(scope, receive, send_guarded)

    def _enter(self, request: Request) -> Response:
        """Let in who has the address with the token: keep it in a cookie, and out of later addresses."""
        if request.method != "GET" or not self._matches(request.query_params.get("token", "")):
            return PlainTextResponse("open the address that impossible explore printed, with its token", 403)
        answer = RedirectResponse(request.url.path, 303)
        answer.set_cookie(_cookie(request), self._token, httponly=True, samesite="lax")
        return answer

    def _matches(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _problem(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self._known(host):
            return f"unknown host {host!r}: open the address that impossible explore printed"
        if method in ("GET", "HEAD"):
            return None
        # browsers send Origin with every form; scripts have to set it
        if urlsplit(headers.get("origin", "")).netloc != host:
            return "this request comes from another site"
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return "this request comes from another site"
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_FORM_BYTES:
            return f"a form has at most {MAX_FORM_BYTES:,} bytes"
        return None

    def _known(self, host: str) -> bool:
        """Whether a Host header is allowed: DNS rebinding needs a name, so IP addresses are safe."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        return True
