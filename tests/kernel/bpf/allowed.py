"""Whether this machine and user can load BPF programs."""

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.loader import BTF_FILE, check_permission, read_btf


def refusal() -> str:
    """Why not; empty where they can."""
    try:
        check_permission()
    except SourceError as error:
        return str(error)
    return "" if BTF_FILE.exists() else "this kernel offers no BTF"


needs_bpf = pytest.mark.skipif(bool(refusal()), reason=refusal())


def lacks_reasons() -> bool:
    """Whether this kernel is without BPF, or does not tell all of why it sends an RST."""
    return bool(refusal()) or "TCP_DISCONNECT_WITH_DATA" not in " ".join(
        read_btf().names_by_value("sk_rst_reason").values()
    )


needs_reasons = pytest.mark.skipif(lacks_reasons(), reason="needs BPF, and a kernel that gives reasons for its RSTs")
"""A machine, a user and a kernel that tell why an RST was sent and a segment dropped."""
