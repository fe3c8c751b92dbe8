"""Settings of how a run is carried out. They are recorded, never hashed."""

from typing import Literal, Self

from pydantic import Field, model_validator

from .base import Settings


class Workers(Settings):
    """Ray workers of one kind: how many, and how much of its machine each is given.

    With `gpus` below 1 several share a GPU, which must have the memory for them all.
    """

    count: int = Field(1, ge=1, le=10_000)
    """How many workers."""
    cpus: float = Field(1.0, gt=0, le=1024)
    """Cores that Ray sets aside for each; so many threads it has."""
    gpus: float = Field(0.0, ge=0, le=64)
    """GPUs for each; 0.25: four share one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, value in (("cpus", self.cpus), ("gpus", self.gpus)):
            if value > 1 and value != int(value):
                raise ValueError(f"{name}: {value} must be a whole number, or a share below 1")
        return self


class Ray(Settings):
    """Where and with what the engine `ray` works: `teachers` continue contexts, `critics` score.

    `address` is that of a running cluster, `auto` the one that this machine is in; without it the workers are
    processes of this machine.
    """

    address: str | None = None
    """`auto` or HOST:PORT of a running cluster; none: workers on this machine."""
    teachers: Workers = Workers()
    """Those that continue contexts."""
    critics: Workers = Workers()
    """Those that score pairs."""


class Execution(Settings):
    """How a run is executed: never part of a fingerprint, recorded in the manifest."""

    engine: Literal["local", "ray"] = "local"
    """`local`: one shard after the other in one process; `ray`: by workers, here or on many machines."""
    threads: int = Field(0, ge=0, le=1024)
    """Threads of the models; 0: as many as cores."""
    device: str = "cpu"
    """`cpu`, `cuda`, `cuda:1` …"""
    batch_size: int = Field(0, ge=0, le=100_000)
    """Pairs that an NLI critic reads at once on a GPU; 0: as many as fit."""
    order: Literal["forward", "reverse"] = "forward"
    """Of the shards; the result is the same."""
    ray: Ray = Ray()

    @model_validator(mode="after")
    def _check(self) -> Self:
        for kind, workers in (("teachers", self.ray.teachers), ("critics", self.ray.critics)):
            if workers.gpus and self.device == "cpu":
                raise ValueError(f'ray.{kind}.gpus: needs execution.device = "cuda"')
        return self
