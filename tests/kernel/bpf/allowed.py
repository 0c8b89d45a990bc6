"""Whether this machine and user can load BPF programs."""

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.loader import BTF_FILE, check_permission


def refusal() -> str:
    """Why not; empty where they can."""
    try:
        check_permission()
    except SourceError as error:
        return str(error)
    return "" if BTF_FILE.exists() else "this kernel offers no BTF"


needs_bpf = pytest.mark.skipif(bool(refusal()), reason=refusal())
