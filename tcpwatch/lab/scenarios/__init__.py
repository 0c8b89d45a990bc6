"""The scenarios, one small program each: what happens stands in its acts, what to watch in its docstring.

A file in this folder that has `SCENARIO = Scenario(...)` and `play(stage)` is a scenario; nothing lists them. The
lessons are those of `docs/lessons.md`, by their numbers.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tcpwatch.errors import UsageError
from tcpwatch.lab.stage import Stage


class Scenario(NamedTuple):
    """What is known of a scenario without playing it. Its file has its name, with `_` in place of `-`.

    Scenarios are listed, and the tour plays them, by their `order`. `private`: it needs a network namespace of its own,
    because it sets sysctls, or removes a socket without a word to its peer. `by_hand`: the ports from which it sends
    segments made by hand, which have no socket.
    """

    order: int
    name: str
    title: str
    lessons: tuple[int, ...]
    private: bool = False
    by_hand: tuple[int, ...] = ()

    @property
    def play(self) -> Callable[[Stage], None]:
        """The program."""
        played: Callable[[Stage], None] = self.module.play
        return played

    @property
    def watch(self) -> str:
        """What to watch: the docstring of its file."""
        return (self.module.__doc__ or "").strip()

    @property
    def advice(self) -> str:
        """The same without its first sentence, as one line."""
        return " ".join(self.watch.partition("\n\n")[2].split())

    @property
    def module(self) -> ModuleType:
        """Its file, imported."""
        return module_of(self.name)


class Scenarios(Mapping[str, Scenario]):
    """The scenarios by name, in their order.

    A lookup imports one file, so that a scenario's own process starts fast. Only what needs all of them imports all.
    """

    @cached_property
    def names(self) -> frozenset[str]:
        """The names, from the files in this folder."""
        files = Path(__file__).parent.glob("*.py")
        return frozenset(file.stem.replace("_", "-") for file in files if file.stem != "__init__")

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Scenario:
        if name not in self.names:
            raise KeyError(name)
        found: Scenario = module_of(name).SCENARIO
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.names, key=lambda name: (self[name].order, name)))

    def __len__(self) -> int:
        return len(self.names)


def module_of(name: str) -> ModuleType:
    """The file of the scenario with this name, imported."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")


SCENARIOS = Scenarios()


def find_scenario(name: str) -> Scenario:
    """The scenario of this name; UsageError, naming those there are, where there is none."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise UsageError(f"there is no scenario {name}; there are: {', '.join(SCENARIOS)}") from None
