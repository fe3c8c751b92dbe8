"""The base class of all settings."""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

TASKS = ("paraphrase", "summary")
Share = Annotated[float, Field(ge=0, le=1)]
FINGERPRINT = "fingerprint"  # the context in which settings are dumped to be hashed


class Settings(BaseModel):
    """Base of all settings: frozen, no unknown keys, no silent conversion of strings, no NaN, no infinity."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    def canonical(self) -> str:
        """JSON with sorted keys, the input of fingerprints."""
        return json.dumps(self.model_dump(mode="json", context=FINGERPRINT), sort_keys=True)
