"""What a verification found, and how errors become findings: no input may end it in a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..errors import DataError, ModelError, StoreError, first_line


@dataclass(slots=True)
class Verified:
    """Counts of checked items, faults, items that could not be checked, and notes.

    `seed` drew the groups that were made again.
    """

    seed: int
    checked: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether all was checked, and found to be what the recipe makes."""
        return not self.faults and not self.unchecked

    def count(self, what: str, n: int = 1) -> None:
        """Add `n` checked items."""
        self.checked[what] = self.checked.get(what, 0) + n

    @contextmanager
    def checking(self, what: str) -> Iterator[None]:
        """Turn errors into findings: what is missing on this machine is unchecked, anything else a fault."""
        try:
            yield
        except (ModelError, DataError) as error:
            self.unchecked.append(f"{what}: {error}")
        except StoreError as error:
            self.faults.append(str(error))
        except Exception as error:  # whatever a forged file provokes in a library
            self.faults.append(f"{what} cannot be checked: {type(error).__name__}: {first_line(error)}")
