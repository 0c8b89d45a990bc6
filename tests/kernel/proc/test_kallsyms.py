"""The names of kernel functions, from a file as the kernel writes it and from this kernel's."""

from pathlib import Path

import pytest

from tcpwatch.kernel.proc import kallsyms
from tcpwatch.kernel.proc.kallsyms import KernelSymbols

TEXT = """\
ffffffff81000000 T _text
ffffffff81000400 t tcp_v4_rcv
ffffffff81000200 T ip_rcv
ffffffffc0000000 t nft_do_chain	[nf_tables]
"""


def symbols(tmp_path: Path, text: str = TEXT) -> KernelSymbols:
    (tmp_path / "kallsyms").write_text(text)
    return KernelSymbols(tmp_path / "kallsyms")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0xFFFFFFFF81000400, "tcp_v4_rcv"),
        (0xFFFFFFFF810003FF, "ip_rcv"),
        (0xFFFFFFFFC0000123, "nft_do_chain"),
        (0xFFFFFFFF80000000, None),
    ],
)
def test_function_at_an_address(tmp_path: Path, address: int, name: str | None) -> None:
    found = symbols(tmp_path)
    assert found.find({address}) == {address: name}
    found.close()


def test_addresses_that_are_hidden(tmp_path: Path) -> None:
    found = symbols(tmp_path, "0000000000000000 T _text\n0000000000000000 t tcp_v4_rcv\n")
    assert found.find({0xFFFFFFFF81000400}) == {0xFFFFFFFF81000400: None}
    found.close()


def test_file_is_read_only_for_new_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kallsyms, "READINGS", 1)
    found = symbols(tmp_path)
    first, second = 0xFFFFFFFF81000400, 0xFFFFFFFF81000200
    assert found.find({first}) == found.find({first})
    assert found.find({second}) == {second: None}
    found.close()


def test_no_file(tmp_path: Path) -> None:
    found = KernelSymbols(tmp_path / "kallsyms")
    assert found.find({1}) == {1: None}
    found.close()


def test_closed_finds_nothing_new(tmp_path: Path) -> None:
    found = symbols(tmp_path)
    found.close()
    found.close()
    assert found.find({0xFFFFFFFF81000400}) == {0xFFFFFFFF81000400: None}
