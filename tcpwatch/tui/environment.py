"""The environment does not reach into the front end: it may come from whoever called sudo.

Textual and Rich take from it which modules they load (TEXTUAL_DRIVER names any), where they write (TEXTUAL_LOG,
TEXTUAL_DEBUG), what is pressed, when the program ends, and how large the terminal is. tcpwatch needs none of these.
What a terminal is capable of (TERM, COLORTERM, COLORFGBG) and what a user wishes (NO_COLOR, ESCDELAY) stays.
"""

import re
from collections.abc import MutableMapping

# COLUMNS and LINES are those of some earlier moment; the terminal has a size of its own. What pytest-textual-snapshot
# keeps there (TEXTUAL_SNAPSHOT_) nothing but that plugin reads.
FORGOTTEN = re.compile(
    "TEXTUAL(_(?!SNAPSHOT_).*)?|(JUPYTER_)?(COLUMNS|LINES)|TTY_COMPATIBLE|TTY_INTERACTIVE|FORCE_COLOR|UNICODE_VERSION",
    re.DOTALL,
)
ESCAPE_DELAY = re.compile("[0-9]{1,5}")  # milliseconds; a number that no float can hold ends Textual as it is imported


def forget_settings(environ: MutableMapping[str, str]) -> None:
    """Take out of the environment what would steer Textual or Rich."""
    for name in tuple(environ):
        if FORGOTTEN.fullmatch(name):
            del environ[name]
    if not ESCAPE_DELAY.fullmatch(environ.get("ESCDELAY", "")):
        environ.pop("ESCDELAY", None)
