"""A network namespace, as data: sockets, interfaces and addresses that are apart from all others."""

from dataclasses import dataclass

HERE = "here"


@dataclass(frozen=True, slots=True)
class Namespace:
    """What is known of one. `inode` is its number, as `lsns -t net` shows it; `here`: it is the one tcpwatch runs in.

    `name` is `ip netns`'s, `container` the engine's word and short id, `process` who is in it: its first process.
    """

    inode: int
    name: str | None = None
    container: str | None = None
    process: str | None = None
    here: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """All there are for it."""
        known = (str(self.inode), self.name, self.container, self.process, HERE if self.here else None)
        return tuple(word for word in known if word is not None)

    @property
    def is_named(self) -> bool:
        """Whether there is another word for it than its number."""
        return bool(self.container or self.name or self.process)

    @property
    def title(self) -> str:
        """The best word for it."""
        return HERE if self.here else self.label

    @property
    def label(self) -> str:
        """The best word for it that says which, wherever tcpwatch runs."""
        return self.container or self.name or self.process or f"net:[{self.inode}]"
