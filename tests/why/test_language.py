import pytest

from tcpwatch.why.language import language_of


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh-Hans"}, "zh"),
        ({"LANG": "KO"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),
        ({"LANG": "kok_IN"}, "en"),
        ({"LANG": "de_DE@euro"}, "en"),
    ],
)
def test_language_of_is_the_locales(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language
