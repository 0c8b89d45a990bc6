"""The files that this program is made of, where the user that it becomes may not reach them: in root's home, say.

Law: what is to be imported later is found by way of folders that were opened in time. Such a folder is reached through
/proc/self/fd, which asks nothing of the way there. Only a folder that is itself closed to that user stays out of reach.
"""

import os
import sys
from importlib.abc import FileLoader
from types import ModuleType

BY_DESCRIPTOR = "/proc/self/fd"


def open_folders() -> dict[str, int]:
    """The folders that modules come from, by name, each held open."""
    folders = {folder for folder in sys.path if os.path.isabs(folder) and os.path.isdir(folder)}
    return {folder: os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in folders}


def go_through(folders: dict[str, int]) -> bool:
    """Import by way of those of the folders that can no longer be reached by their names; close the others.

    False where one of them is out of reach all the same.
    """
    moved = {folder: f"{BY_DESCRIPTOR}/{held}" for folder, held in folders.items() if not os.access(folder, os.R_OK)}
    for held in (folders[folder] for folder in folders.keys() - moved.keys()):
        os.close(held)
    sys.path[:] = [moved.get(folder, folder) for folder in sys.path]
    for module in list(sys.modules.values()) if moved else ():
        _move(module, moved)
    return all(os.access(folder, os.R_OK | os.X_OK) for folder in moved.values())


def _move(module: ModuleType, moved: dict[str, str]) -> None:
    """What a module knows of its own place; others ask it for what lies beside it."""
    if isinstance(file := getattr(module, "__file__", None), str):
        module.__file__ = _moved(file, moved)
    if isinstance(places := getattr(module, "__path__", None), list):
        places[:] = [_moved(place, moved) for place in places]
    if isinstance(loader := getattr(module, "__loader__", None), FileLoader):
        loader.path = _moved(loader.path, moved)


def _moved(path: str, moved: dict[str, str]) -> str:
    """The path by way of the innermost folder that it lies in, if it lies in any."""
    folder = max((folder for folder in moved if path.startswith(f"{folder}/")), key=len, default="")
    return moved[folder] + path.removeprefix(folder) if folder else path
