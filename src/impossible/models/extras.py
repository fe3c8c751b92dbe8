"""Optional dependencies: what each extra installs, and the error if it is missing."""

from importlib.util import find_spec
from typing import Literal

from ..errors import ModelError

Extra = Literal["constituency", "endpoint", "ray", "explore", "train"]
# extra in pyproject.toml → modules that it provides
MODULES: dict[Extra, tuple[str, ...]] = {
    "constituency": ("benepar",),
    "endpoint": ("httpx", "tenacity"),
    "ray": ("ray",),
    "explore": ("starlette", "uvicorn"),
    "train": ("onnx", "onnxscript"),
}


def install_command(extra: Extra) -> str:
    """The command that installs an extra, or "" if it is installed."""
    missing = any(find_spec(module) is None for module in MODULES[extra])
    return f"pip install 'impossible-distillation[{extra}]'" if missing else ""


def require_extra(extra: Extra, what: str) -> None:
    """Check that an extra is installed; `what` names the feature that needs it. Raises ModelError."""
    if command := install_command(extra):
        raise ModelError(f"{what} needs the extra {extra}: {command}")
