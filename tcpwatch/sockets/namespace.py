"""A network namespace, as data."""

from dataclasses import dataclass

HERE = "here"


@dataclass(frozen=True, slots=True)
class Namespace:
    """One network namespace. `inode` is its number, as `lsns -t net` shows it.

    `name` is that of `ip netns`, `container` the engine and the short id, `process` the first process in it. `here` is
    true for the namespace that tcpwatch runs in.
    """

    inode: int
    name: str | None = None
    container: str | None = None
    process: str | None = None
    here: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """All its names, and its number."""
        known = (str(self.inode), self.name, self.container, self.process, HERE if self.here else None)
        return tuple(word for word in known if word is not None)

    @property
    def is_named(self) -> bool:
        """Whether it has a name beside its number."""
        return bool(self.container or self.name or self.process)

    @property
    def title(self) -> str:
        """Its best name; `here` for the one that tcpwatch runs in."""
        return HERE if self.here else self.label

    @property
    def label(self) -> str:
        """Its best name, the same wherever tcpwatch runs."""
        return self.container or self.name or self.process or f"net:[{self.inode}]"
