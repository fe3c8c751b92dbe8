"""Which key goes to which server: the user binds a key to a host. A recipe can only ask for it."""

import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import ModelError
from ..recipe.teacher import Endpoint

_DEFAULT = {"api.openai.com": "OPENAI_API_KEY"}


def bindings_file() -> Path:
    """The user's list of hosts and their keys: one line `"HOST" = "VARIABLE"` each, with the port if any."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "impossible" / "endpoints.toml"


def key_of(settings: Endpoint) -> str:
    """The API key for a server; "" if none is asked for. Raises ModelError unless the user bound it."""
    name = settings.key_env
    if name is None:
        return ""
    host = urlsplit(settings.url.lower()).netloc
    if _bindings().get(host) != name:
        raise ModelError(
            f"teacher.endpoint.key_env: {name} is not bound to {host}, so it is not sent; if {host} may have "
            f'it, write the line "{host}" = "{name}" into {bindings_file()}'
        )
    key = os.environ.get(name, "").strip()
    if not key:
        raise ModelError(f"teacher.endpoint.key_env: the environment has no {name}; export it")
    if not (key.isascii() and key.isprintable()):
        raise ModelError(f"{name} contains characters that are invalid in a key; export it again")
    return key


def _bindings() -> dict[str, str]:
    file = bindings_file()
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return _DEFAULT
    except (OSError, ValueError) as error:
        raise ModelError(f'{file} cannot be read ({error}); give lines such as "HOST" = "VARIABLE"') from None
    return _DEFAULT | {host.lower(): name for host, name in given.items()}
