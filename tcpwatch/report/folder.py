"""The folder of a report: all its files are made at once, before privilege is dropped, and filled later.

Rule: as with a recording, files are always new, made by the user who called sudo with that user's rights, and only that
user may read them. No symbolic link is followed. `index.html` is there from the start and says that the report is not
whole; it is replaced last, and only where there is room for all of it.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress

from tcpwatch.errors import ReportError, UsageError
from tcpwatch.report.markup import escaped
from tcpwatch.system.invoking_user import as_invoking_user, denied_to
from tcpwatch.text.clean import clean

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FOLDER_MODE, FILE_MODE = 0o700, 0o600
INDEX = "index.html"
PLACEHOLDER_BYTES = 4_096  # of index.html at the start: a later sentence fits in it, on a full disk too

UNFINISHED = "tcpwatch is still at work on it, or was ended before it was done"
NOT_WHOLE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>This report is not whole</title></head>
<body><h1>This report is not whole</h1><p>{why}.</p>
<p>The other files here are what was written of it: each is whole, ends with what there was room for, or is empty.</p>
</body></html>
"""


class ReportFolder:
    """A new folder, or an empty one, with these files and `index.html` in it."""

    def __init__(self, path: str, names: Sequence[str]) -> None:
        """Raises UsageError where it cannot be made, or is not empty; ReportError where nothing can be written."""
        path = path.rstrip("/") or "/"  # with a slash behind it, a link would be followed
        self.name = clean(path)
        self._path = path
        self._files: dict[str, int] = {}
        self._made = False
        self._whole = False
        self._folder = -1
        try:
            with as_invoking_user():
                self._open()
                for name in (INDEX, *names):
                    self._files[name] = os.open(name, CREATE, FILE_MODE, dir_fd=self._folder)
        except (OSError, ValueError) as error:
            self.remove()
            raise UsageError(f"{self.name} cannot be made: {denied_to(error)}") from error
        except UsageError:
            self.close()
            raise
        try:
            self._write_placeholder(UNFINISHED)
        except OSError as error:
            self.remove()
            raise ReportError(f"nothing can be written in {self.name}: {error.strerror or error}") from error

    def _open(self) -> None:
        try:
            os.mkdir(self._path, FOLDER_MODE)
            self._made = True
        except FileExistsError:
            pass
        try:
            self._folder = os.open(self._path, OPEN_FOLDER)
        except (NotADirectoryError, OSError) as error:
            if self._made or isinstance(error, PermissionError):
                raise
            raise UsageError(f"{self.name} is there already and is no folder: choose another name") from error
        if os.listdir(self._folder):
            raise UsageError(f"{self.name} is there already and is not empty: choose another name")

    def write(self, name: str, chunks: Iterable[bytes]) -> int:
        """Fill one of the files, chunk by chunk; how long it is then.

        Raises ReportError where it cannot be written: it ends with the last chunk that fits.
        """
        file, written = self._files[name], 0
        try:
            for chunk in chunks:
                _write_all(file, chunk)
                written += len(chunk)
        except OSError as error:
            os.ftruncate(file, written)
            raise self._failure(name, error) from error
        return written

    def finish(self, index: bytes) -> None:
        """Put this in the place of what `index.html` has said until now. Raises ReportError as `write` does."""
        file = self._files[INDEX]
        try:
            if len(index) > PLACEHOLDER_BYTES:
                os.posix_fallocate(file, 0, len(index))
            os.lseek(file, 0, os.SEEK_SET)
            _write_all(file, index)
            os.ftruncate(file, len(index))
            self._whole = True
        except OSError as error:
            raise self._failure(INDEX, error) from error

    def note(self, why: str) -> None:
        """Let `index.html` say why the report is not whole, as far as that can be written; nothing where it is."""
        if self._whole:
            return
        with suppress(OSError):
            self._write_placeholder(why)

    def _failure(self, name: str, error: OSError) -> ReportError:
        why = f"{name} cannot be written: {error.strerror or error}"
        self.note(why)
        return ReportError(f"{self.name}/{why}; the report is not whole")

    def close(self) -> None:
        """Close all that is open. May be called twice."""
        for file in (*self._files.values(), self._folder):
            if file >= 0:
                os.close(file)
        self._files.clear()
        self._folder = -1

    def remove(self) -> None:
        """Take back what was made, as far as that goes; only while the rights that made it are there."""
        with suppress(OSError), as_invoking_user():
            for name in self._files:
                os.unlink(name, dir_fd=self._folder)
            if self._made:
                os.rmdir(self._path)
        self.close()

    def _write_placeholder(self, why: str) -> None:
        file = self._files[INDEX]
        page = NOT_WHOLE.format(why=escaped(why)).encode()
        os.lseek(file, 0, os.SEEK_SET)
        _write_all(file, page[:PLACEHOLDER_BYTES].ljust(PLACEHOLDER_BYTES))
        os.ftruncate(file, PLACEHOLDER_BYTES)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
