"""A published folder → the Hugging Face Hub: the dataset, and beside it the student as a model."""

from pathlib import Path

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from ..errors import StoreError, first_line

STUDENT = "student"


def address(name: str) -> str:
    """Where the dataset `name` will be."""
    return f"{HfApi().endpoint}/datasets/{name}"


def upload(folder: Path, name: str, api: HfApi | None = None) -> list[str]:
    """Send what `publish` wrote to the dataset `name`, and a student to the model `name`-student.

    New repositories are private: to open them is a person's step. Returns the addresses. Raises StoreError.
    """
    api = api or HfApi()
    try:
        done = [_send(api, folder, name, "dataset", [f"{STUDENT}/**"])]
        if (folder / STUDENT).is_dir():
            done.append(_send(api, folder / STUDENT, f"{name}-{STUDENT}", "model", []))
    except (HfHubHTTPError, HFValidationError, httpx.HTTPError, OSError, ValueError) as error:
        raise StoreError(
            f"hub:{name}: {first_line(error)}; log in with: hf auth login, or give --to a folder"
        ) from error
    return done


def _send(api: HfApi, folder: Path, name: str, kind: str, without: list[str]) -> str:
    made = api.create_repo(name, repo_type=kind, private=True, exist_ok=True)
    api.upload_folder(repo_id=made.repo_id, folder_path=folder, repo_type=kind, ignore_patterns=without)
    return str(made)
