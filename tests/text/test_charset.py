import json

import pytest

from tcpwatch.text.charset import LOOK_ALIKES, json_in_ascii


def test_every_look_alike_is_ascii() -> None:
    assert all(plain.isascii() and plain for plain in LOOK_ALIKES.values())


@pytest.mark.parametrize("text", ["plain", "≥5s", "서버", "a 😀 b", "\u2028", '"quoted" \\ é'])
def test_json_in_ascii_means_the_same(text: str) -> None:
    line = json.dumps({"command": text}, ensure_ascii=False)
    assert json_in_ascii(line).isascii()
    assert json.loads(json_in_ascii(line)) == {"command": text}
