"""The Textual front end: only this package knows Textual."""

import os

from tcpwatch.tui.environment import forget_settings

forget_settings(os.environ)  # before any module of this package, and so before Textual is imported
