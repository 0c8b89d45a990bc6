"""Writes what follows from the scenarios: `make scenarios`, or `make scenarios ARGS=NAME` to record that one anew.

That is the table in docs/lessons.md, the texts that the catalogs in tcpwatch/locale/ lack, and the recordings that
are missing in tcpwatch/lab/recordings/, or whose acts are not those of the scenario any more.
"""

import sys
from collections.abc import Sequence

from tcpwatch.errors import TcpwatchError
from tcpwatch.lab.recordings import acts_of, notes_of, segments_of
from tcpwatch.lab.scenarios import SCENARIOS, find_scenario
from tools import lessons, recordings, texts, translations


def out_of_date(name: str) -> bool:
    """The scenario has no recording, or one with other acts."""
    if not (segments_of(name).exists() and notes_of(name).exists()):
        return True
    return {act.message for act in acts_of(name)} != set(texts.acts_of(name))


def main(names: Sequence[str]) -> int:
    """Write all of it; 1 where the table could not be written, or a scenario did not show what it promises."""
    try:
        wanted = {find_scenario(name).name for name in names}
        lessons.write()
    except (TcpwatchError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    translations.write_stubs()
    to_record = [name for name in SCENARIOS if name in wanted or out_of_date(name)]
    return 0 if recordings.record_all(to_record) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
