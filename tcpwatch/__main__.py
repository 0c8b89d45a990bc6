"""`python -m tcpwatch`."""

import sys

from tcpwatch.cli import main

if __name__ == "__main__":
    sys.exit(main())
