"""A published folder → the Hugging Face Hub: a dataset repository, and a model repository for the student."""

from pathlib import Path

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from ..errors import StoreError, first_line

STUDENT = "student"


def address(name: str) -> str:
    """Return the URL of the dataset `name`."""
    return f"{HfApi().endpoint}/datasets/{name}"


def upload(folder: Path, name: str, api: HfApi | None = None) -> list[str]:
    """Upload what `publish` wrote to the dataset `name`, and a student to the model `name`-student.

    New repositories are private: a person decides to make them public. Returns the URLs. Raises StoreError.
    """
    api = api or HfApi()
    try:
        urls = [_upload(api, folder, name, "dataset", [f"{STUDENT}/**"])]
        if (folder / STUDENT).is_dir():
            urls.append(_upload(api, folder / STUDENT, f"{name}-{STUDENT}", "model", []))
    except (HfHubHTTPError, HFValidationError, httpx.HTTPError, OSError, ValueError) as error:
        raise StoreError(
            f"hub:{name}: {first_line(error)}; log in with: hf auth login, or give a folder with --to"
        ) from error
    return urls


def _upload(api: HfApi, folder: Path, name: str, kind: str, ignored: list[str]) -> str:
    repository = api.create_repo(name, repo_type=kind, private=True, exist_ok=True)
    api.upload_folder(repo_id=repository.repo_id, folder_path=folder, repo_type=kind, ignore_patterns=ignored)
    return str(repository)
