"""Settings of execution: engine, threads, device; recorded, but not part of fingerprints."""

from typing import Literal, Self

from pydantic import Field, model_validator

from .base import Settings


class Workers(Settings):
    """Ray workers of one kind: their number, and the resources of each.

    With `gpus` below 1 several workers share a GPU, which must have the memory for all of them.
    """

    count: int = Field(1, ge=1, le=10_000)
    """Number of workers."""
    cpus: float = Field(1.0, gt=0, le=1024)
    """Cores that Ray reserves for each; also its number of threads."""
    gpus: float = Field(0.0, ge=0, le=64)
    """GPUs for each; 0.25: four share one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, value in (("cpus", self.cpus), ("gpus", self.gpus)):
            if value > 1 and value != int(value):
                raise ValueError(f"{name}: {value} must be a whole number, or below 1")
        return self


class Ray(Settings):
    """The cluster and workers of the engine `ray`: `teachers` continue contexts, `critics` score pairs.

    `address` is a running cluster, `auto` the cluster of this machine; without it, workers are local
    processes.
    """

    address: str | None = None
    """`auto` or HOST:PORT of a running cluster; none: workers on this machine."""
    teachers: Workers = Workers()
    """Workers that continue contexts."""
    critics: Workers = Workers()
    """Workers that score pairs."""


class Execution(Settings):
    """How a run is executed; recorded in the manifest, not part of any fingerprint."""

    engine: Literal["local", "ray"] = "local"
    """`local`: one shard after another in one process; `ray`: by workers on one or many machines."""
    threads: int = Field(0, ge=0, le=1024)
    """Threads of the models; 0: one per core."""
    device: str = "cpu"
    """`cpu`, `cuda`, `cuda:1` …"""
    batch_size: int = Field(0, ge=0, le=100_000)
    """Pairs per batch of an NLI critic on a GPU; 0: as many as fit."""
    order: Literal["forward", "reverse"] = "forward"
    """Order of the shards; the result is the same."""
    ray: Ray = Ray()

    @model_validator(mode="after")
    def _check(self) -> Self:
        for kind, workers in (("teachers", self.ray.teachers), ("critics", self.ray.critics)):
            if workers.gpus and self.device == "cpu":
                raise ValueError(f'ray.{kind}.gpus: needs execution.device = "cuda"')
        return self
