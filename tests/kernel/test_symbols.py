"""Addresses of the kernel as names of functions."""

from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.symbols import KernelSymbols

LISTED = """\
ffffffff81000000 T _text
ffffffff81000100 t inet_csk_accept
ffffffff81000180 d some_data
ffffffff81000200 T futex_do_wait
ffffffff81000300 W weak_function
ffffffff82000000 B _end
ffffffffc0000000 t nf_hook\t[nf_tables]
ffffffffc0000000 t before\t[another]
"""


def symbols(tmp_path: Path, listed: str) -> KernelSymbols:
    (tmp_path / "kallsyms").write_text(listed)
    return KernelSymbols(tmp_path / "kallsyms")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0xFFFF_FFFF_8100_0000, "_text"),
        (0xFFFF_FFFF_8100_0100, "inet_csk_accept"),
        (0xFFFF_FFFF_8100_01FF, "inet_csk_accept"),
        (0xFFFF_FFFF_8100_0234, "futex_do_wait"),
        (0xFFFF_FFFF_8100_0300, "weak_function"),
        (0xFFFF_FFFF_8100_9999, "weak_function"),
        (0xFFFF_FFFF_C000_0010, None),
        (0x1000, None),
    ],
)
def test_name_of_an_address(tmp_path: Path, address: int, name: str | None) -> None:
    found = symbols(tmp_path, LISTED)
    assert found.name(address) == found.name(address) == name
    found.close()


def test_name_where_the_kernel_hides_addresses(tmp_path: Path) -> None:
    hidden = "".join(f"{'0' * 16}{line[16:]}\n" for line in LISTED.splitlines())
    found = symbols(tmp_path, hidden)
    assert found.name(0xFFFF_FFFF_8100_0100) is None
    found.close()


@pytest.mark.parametrize("listed", ["", "ffffffff81000000 T _text\n", "x\n\ny"])
def test_name_in_a_list_that_is_odd(tmp_path: Path, listed: str) -> None:
    found = symbols(tmp_path, listed)
    assert found.name(0xFFFF_FFFF_8100_0100) is None
    found.close()


def test_names_that_are_remembered_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcpwatch.kernel.symbols.MOST_NAMES", 2)
    found = symbols(tmp_path, LISTED)
    for address in range(5):
        found.name(0xFFFF_FFFF_8100_0100 + address)
    assert len(found._names) <= 2
    found.close()


def test_symbols_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        KernelSymbols(tmp_path / "absent")


def test_symbols_of_this_kernel_are_in_order() -> None:
    try:
        lines = Path("/proc/kallsyms").read_text().splitlines()
    except OSError:
        pytest.skip("/proc/kallsyms cannot be read")
    addresses = [line.split()[0] for line in lines if "\t[" not in line]
    if not int(addresses[-1], 16):
        pytest.skip("the kernel hides its addresses")
    assert addresses == sorted(addresses)
