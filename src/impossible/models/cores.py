"""How many cores this process may use: its affinity and its container's quota, not the machine's count."""

import math
import os
from pathlib import Path

_CGROUP_2 = Path("/sys/fs/cgroup/cpu.max")
_CGROUP_1 = Path("/sys/fs/cgroup/cpu")


def available_cores() -> int:
    """The cores of the process's affinity, at most those of the cgroup's CPU quota, rounded up."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return math.ceil(min(cores, quota(_CGROUP_2, _CGROUP_1)))


def quota(version_2: Path, version_1: Path) -> float:
    """Cores that a cgroup grants, by `cpu.max` (version 2) or a folder of version 1; inf: no limit."""
    try:
        limit, period = version_2.read_text().split()
    except (OSError, ValueError):
        try:
            limit = (version_1 / "cpu.cfs_quota_us").read_text().strip()
            period = (version_1 / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return math.inf
    try:
        granted = int(limit) / int(period)
    except (ValueError, ZeroDivisionError):  # "max"
        return math.inf
    return granted if granted > 0 else math.inf
