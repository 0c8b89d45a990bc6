import pytest

from tcpwatch.text.cells import cells
from tcpwatch.why.catalog import translation
from tcpwatch.why.language import LANGUAGES
from tcpwatch.why.page import PassageKind, heading, lines, passages, wrap_translated
from tcpwatch.why.topics import TOPICS

CLOSE_WAIT = TOPICS["CLOSE-WAIT"]
WIDTH, LINES = 76, 15


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", TOPICS)
def test_page_is_short(key: str, language: str) -> None:
    translate = translation(language)
    assert len(list(lines(TOPICS[key], translate, WIDTH, commands_whole=True))) <= LINES
    assert cells(heading(TOPICS[key], translate)) <= WIDTH


@pytest.mark.parametrize("width", [20, 41, WIDTH])
@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_fit_and_their_texts_begin_in_one_column(language: str, width: int) -> None:
    translate = translation(language)
    for topic in TOPICS.values():
        page_lines = list(lines(topic, translate, width))
        assert all(cells(label + text) <= width for label, text, _ in page_lines)
        assert len({cells(label) for label, _, _ in page_lines}) == 1


def test_lines_keep_a_command_whole_where_it_is_to_be_copied() -> None:
    keep_alive = TOPICS["keep_alive"]
    whole = [text for _, text, kind in lines(keep_alive, str, 40, commands_whole=True) if kind is PassageKind.COMMAND]
    assert whole == [*keep_alive.commands, "Wireshark: tcp.analysis.keep_alive"]
    assert len([kind for _, _, kind in lines(keep_alive, str, 40) if kind is PassageKind.COMMAND]) > len(whole)


def test_passages_stand_in_the_order_of_reading() -> None:
    page_lines = list(passages(CLOSE_WAIT, str))
    assert [label for label, _, _ in page_lines] == ["What", "Why", "Next", "See", "", "", "Related", "Source"]
    assert page_lines[3].text == CLOSE_WAIT.commands[0]


def test_heading_keeps_the_word_of_the_rfc() -> None:
    assert heading(CLOSE_WAIT, translation("ko")).startswith("CLOSE-WAIT · 상대는")


def test_cells_counts_wide_characters_twice() -> None:
    assert (cells("SYN"), cells("한글"), cells("关闭，"), cells("§3.6 · ×")) == (3, 4, 6, 8)


def test_wrap_breaks_korean_at_its_spaces() -> None:
    assert wrap_translated("상대는 닫았고 이쪽은", 14) == ["상대는 닫았고", "이쪽은"]


def test_wrap_breaks_chinese_anywhere_but_before_what_closes() -> None:
    assert wrap_translated("对端已经关闭，本端还没有", 12) == ["对端已经关", "闭，本端还没", "有"]
    assert wrap_translated("用了（见下）", 6) == ["用了", "（见", "下）"]


def test_wrap_keeps_a_latin_word_together_in_chinese() -> None:
    assert wrap_translated("进入 FIN-WAIT-1。", 12) == ["进入", "FIN-WAIT-1。"]


def test_wrap_cuts_what_is_longer_than_a_line() -> None:
    assert wrap_translated("a bcdefgh i", 4) == ["a", "bcde", "fgh", "i"]


def test_wrap_of_nothing_is_no_line() -> None:
    assert wrap_translated("", 10) == []
