"""Addresses of the kernel as names of functions."""

from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.symbols import KernelSymbols

LISTED = """\
ffffffff81000200 T futex_do_wait
ffffffff81000000 T _text
ffffffff81000100 t inet_csk_accept
ffffffff81000180 d some_data
ffffffffc0000000 t nf_hook\t[nf_tables]
"""


def symbols(tmp_path: Path, listed: str) -> KernelSymbols:
    (tmp_path / "kallsyms").write_text(listed)
    return KernelSymbols(tmp_path / "kallsyms")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0xFFFF_FFFF_8100_0100, "inet_csk_accept"),
        (0xFFFF_FFFF_8100_01FF, "inet_csk_accept"),
        (0xFFFF_FFFF_8100_0234, "futex_do_wait"),
        (0xFFFF_FFFF_C000_0010, "nf_hook"),
        (0x1000, None),
    ],
)
def test_name_of_an_address(tmp_path: Path, address: int, name: str | None) -> None:
    found = symbols(tmp_path, LISTED)
    assert found.name(address) == name
    found.close()


def test_name_where_the_kernel_hides_addresses(tmp_path: Path) -> None:
    hidden = "".join(f"{'0' * 16}{line[16:]}\n" for line in LISTED.splitlines())
    found = symbols(tmp_path, hidden)
    assert found.name(0xFFFF_FFFF_8100_0100) is None
    found.close()


def test_symbols_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        KernelSymbols(tmp_path / "absent")
