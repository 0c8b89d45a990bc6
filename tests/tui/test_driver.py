"""What the driver does where no terminal is needed to see it; job control is seen in tests/e2e."""

import os

from tcpwatch.tui.driver import TerminalDriver


def test_read_of_a_terminal_that_is_gone_is_nothing() -> None:
    driver = object.__new__(TerminalDriver)
    driver.fileno, other = os.pipe()
    os.close(other)
    assert driver._read() == b""
    os.close(driver.fileno)
    assert driver._read() == b""
