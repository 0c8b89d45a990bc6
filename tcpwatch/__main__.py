"""`python -m tcpwatch`."""

import os
import sys


def spare_current_folder() -> None:
    """Import nothing more from the current folder, which `python -m` puts first (python(1), -P).

    As root that would be whatever somebody left there. A program that lies in that folder itself is already found.
    """
    try:
        here = os.getcwd()
    except FileNotFoundError:  # it is gone, and nothing can be imported from it
        return
    if not sys.flags.safe_path and sys.path[0] in (here, ""):
        del sys.path[0]


if __name__ == "__main__":
    spare_current_folder()
    from tcpwatch.cli import main

    sys.exit(main())
