"""The network namespace in which captures are tried is what privileges are tried in too."""

from tests.capture.conftest import namespace as namespace
