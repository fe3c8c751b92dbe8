"""Optional dependencies: what each extra installs, and the one line that says that it is missing."""

from importlib.util import find_spec
from typing import Literal

from ..errors import ModelError

Extra = Literal["constituency", "endpoint", "ray", "explore", "train"]
# what is imported of each extra of pyproject.toml
MODULES: dict[Extra, tuple[str, ...]] = {
    "constituency": ("benepar",),
    "endpoint": ("httpx", "tenacity"),
    "ray": ("ray",),
    "explore": ("starlette", "uvicorn"),
    "train": ("onnx", "onnxscript"),
}


def install_command(extra: Extra) -> str:
    """What installs an extra, or "" if all of it is there."""
    missing = any(find_spec(module) is None for module in MODULES[extra])
    return f"pip install 'impossible-distillation[{extra}]'" if missing else ""


def require_extra(extra: Extra, what: str) -> None:
    """Check before work begins that what it needs is installed. Raises ModelError."""
    if command := install_command(extra):
        raise ModelError(f"{what} needs the extra {extra}: {command}")
