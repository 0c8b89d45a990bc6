"""Keeps the program's own modules importable after the change of user, for example if they are in root's home.

Rule: folders of modules are opened before the change. Later imports reach them through /proc/self/fd, which needs no
access to the parent folders. Files that the new user may not read themselves stay unreadable.
"""

import os
import sys
from importlib.abc import FileLoader
from itertools import chain
from types import ModuleType

BY_DESCRIPTOR = "/proc/self/fd"


def open_folders() -> dict[str, int]:
    """Open descriptors of the folders that contain modules, by name."""
    packages = (module for name, module in sys.modules.items() if "." not in name)
    beside = map(
        os.path.dirname, chain.from_iterable(map(_package_paths, packages))
    )  # not in sys.path after an editable install
    folders = {folder for folder in (*sys.path, *beside) if os.path.isabs(folder) and os.path.isdir(folder)}
    return {folder: os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in folders}


def import_through(folders: dict[str, int]) -> bool:
    """Redirect imports to the descriptors of folders that can no longer be reached by name; close the others.

    Returns False if one of these folders, or a loaded module, still cannot be read.
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
    """The folders of a package; empty for a module or a namespace package."""
    places = getattr(module, "__path__", None)
    return places if isinstance(places, list) else []


def _relocate(module: ModuleType, moved: dict[str, str]) -> None:
    """Redirect a module's own paths, which are used to find files beside it."""
    if file := _file(module):
        module.__file__ = _relocated(file, moved)
    places = _package_paths(module)
    places[:] = [_relocated(place, moved) for place in places]
    if isinstance(loader := getattr(module, "__loader__", None), FileLoader):
        loader.path = _relocated(loader.path, moved)


def _relocated(path: str, moved: dict[str, str]) -> str:
    """The path through the innermost moved folder that contains it; unchanged if none does."""
    folder = max((folder for folder in moved if path.startswith(f"{folder}/")), key=len, default="")
    return moved[folder] + path.removeprefix(folder) if folder else path
