from tests.capture.conftest import namespace as namespace
