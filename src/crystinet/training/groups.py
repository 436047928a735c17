"""Which types each RCNet tells apart, and in which column of all nets together each type stands."""

from dataclasses import dataclass

from crystinet.crystals.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Groups:
    """The nets and what each of them tells apart.

    Attributes
    ----------
    numbers
        Number of each group, as shown to users.
    classes
        Class numbers (1 to 91) of each group; one after the other they are the columns of all nets.
    """

    numbers: tuple[int, ...]
    classes: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Types in each group."""
        return tuple(len(group) for group in self.classes)

    @property
    def columns(self) -> tuple[int, ...]:
        """Class number of every column."""
        return tuple(number for group in self.classes for number in group)

    def column_of(self) -> dict[int, tuple[int, int]]:
        """Class number to (column, index of the group)."""
        return {
            number: (self.columns.index(number), i)
            for i, group in enumerate(self.classes)
            for number in group
        }


def published_groups(catalogue: Catalogue) -> Groups:
    """The ten groups of the published method."""
    classes: dict[int, list[int]] = {}
    for entry in catalogue.classes:
        if entry.group is not None and entry.number is not None:
            classes.setdefault(entry.group, []).append(entry.number)
    numbers = tuple(sorted(classes))
    return Groups(numbers, tuple(tuple(sorted(classes[n])) for n in numbers))
