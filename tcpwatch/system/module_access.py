"""The files that this program is made of, where the user that it becomes may not reach them: in root's home, say.

Rule: what is to be imported later is found by way of folders that were opened in time. Such a folder is reached through
/proc/self/fd, which asks nothing of the way there. Only what is itself closed to that user stays out of reach.
"""

import os
import sys
from importlib.abc import FileLoader
from itertools import chain
from types import ModuleType

BY_DESCRIPTOR = "/proc/self/fd"


def open_folders() -> dict[str, int]:
    """The folders that modules come from, by name, each held open."""
    packages = (module for name, module in sys.modules.items() if "." not in name)
    beside = map(
        os.path.dirname, chain.from_iterable(map(_package_paths, packages))
    )  # not in the path if installed editable
    folders = {folder for folder in (*sys.path, *beside) if os.path.isabs(folder) and os.path.isdir(folder)}
    return {folder: os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in folders}


def import_through(folders: dict[str, int]) -> bool:
    """Import by way of those of the folders that can no longer be reached by their names; close the others.

    False where one of them, or a module in any, is out of reach all the same.
    """
    moved = {folder: f"{BY_DESCRIPTOR}/{held}" for folder, held in folders.items() if not os.access(folder, os.R_OK)}
    for held in (folders[folder] for folder in folders.keys() - moved.keys()):
        os.close(held)
    sys.path[:] = [moved.get(folder, folder) for folder in sys.path]
    modules = list(sys.modules.values())
    for module in modules if moved else ():
        _relocate(module, moved)
    files = [file for module in modules if (file := _file(module))]
    entered = all(os.access(folder, os.R_OK | os.X_OK) for folder in moved.values())
    return entered and all(os.access(file, os.R_OK) for file in files)


def _file(module: ModuleType) -> str | None:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else None


def _package_paths(module: ModuleType) -> list[str]:
    """The folders of a package, where they are fixed; none of any other module."""
    places = getattr(module, "__path__", None)
    return places if isinstance(places, list) else []


def _relocate(module: ModuleType, moved: dict[str, str]) -> None:
    """What a module knows of its own place; others ask it for what lies beside it."""
    if file := _file(module):
        module.__file__ = _relocated(file, moved)
    places = _package_paths(module)
    places[:] = [_relocated(place, moved) for place in places]
    if isinstance(loader := getattr(module, "__loader__", None), FileLoader):
        loader.path = _relocated(loader.path, moved)


def _relocated(path: str, moved: dict[str, str]) -> str:
    """The path by way of the innermost folder that it lies in, if it lies in any."""
    folder = max((folder for folder in moved if path.startswith(f"{folder}/")), key=len, default="")
    return moved[folder] + path.removeprefix(folder) if folder else path
