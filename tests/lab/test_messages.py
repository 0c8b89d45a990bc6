import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.lab.messages import MAX_BYTES, MessageDecoder, MessageError, encode_message, read_messages


def decode(*pieces: bytes) -> list[str]:
    decoder = MessageDecoder()
    return [text for piece in pieces for text in decoder.feed(piece)]


def test_encode_puts_four_digits_in_front() -> None:
    assert encode_message("HELLOWORLD") == b"0010HELLOWORLD"


def test_encode_counts_bytes() -> None:
    assert encode_message("안녕") == b"0006" + "안녕".encode()


def test_encode_longest_text() -> None:
    assert encode_message("x" * MAX_BYTES).startswith(b"9999x")


def test_encode_text_that_is_too_long() -> None:
    with pytest.raises(MessageError, match=r"at most 9999 bytes, this one has 10000: send it in parts"):
        encode_message("x" * (MAX_BYTES + 1))


def test_decoder_several_messages_in_one_piece() -> None:
    assert decode(b"0002AB0000" + b"0001C") == ["AB", "", "C"]


def test_decoder_one_byte_at_a_time() -> None:
    stream = b"0010HELLOWORLD0001!"
    assert decode(*(stream[at : at + 1] for at in range(len(stream)))) == ["HELLOWORLD", "!"]


def test_decoder_holds_back_what_is_not_complete() -> None:
    assert decode(b"0005HELL") == []


@pytest.mark.parametrize("wrong", [b"12x4", b"+012", b" 012", b"GET "])
def test_decoder_length_that_is_no_number(wrong: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        decode(b"0002AB" + wrong)
    assert str(caught.value) == f"byte 6: a message begins with 4 digits, not with {wrong!r}"


def test_decoder_first_wrong_digit_is_enough() -> None:
    with pytest.raises(MessageError, match="not with b'G'"):
        decode(b"G")


def test_decoder_keeps_what_came_before_a_wrong_length() -> None:
    messages = MessageDecoder().feed(b"0002ABwrong")
    assert next(messages) == "AB"
    with pytest.raises(MessageError):
        next(messages)


def test_decoder_text_that_is_no_utf8() -> None:
    with pytest.raises(MessageError, match="byte 0: the message is no UTF-8: invalid start byte"):
        decode(b"0001\xff")


@pytest.mark.parametrize(
    ("held", "missing"), [(b"00", "the rest of its length"), (b"0005HE", "3 of its bytes"), (b"0005", "5 of its bytes")]
)
def test_decoder_stream_that_ends_inside_a_message(held: bytes, missing: str) -> None:
    decoder = MessageDecoder()
    assert list(decoder.feed(b"0001A" + held)) == ["A"]
    with pytest.raises(MessageError) as caught:
        decoder.finish()
    assert str(caught.value) == f"the stream ended inside the message that began at byte 5: {missing} missing"


def test_decoder_stream_that_ends_between_messages() -> None:
    decoder = MessageDecoder()
    assert list(decoder.feed(b"0001A")) == ["A"]
    decoder.finish()


@given(st.lists(st.text(max_size=20)), st.integers(1, 9))
def test_decoder_any_cut_of_any_messages(texts: list[str], size: int) -> None:
    stream = b"".join(map(encode_message, texts))
    assert decode(*(stream[at : at + size] for at in range(0, len(stream), size))) == texts


@given(st.binary(max_size=40))
def test_decoder_any_bytes(stream: bytes) -> None:
    try:
        decoded = decode(stream)
    except MessageError:
        return
    assert stream.startswith(b"".join(map(encode_message, decoded)))


def test_read_messages_until_the_peer_ends_its_side() -> None:
    pieces = iter([b"0002A", b"B0001", b"C", b""])
    assert list(read_messages(lambda limit: next(pieces))) == ["AB", "C"]


def test_read_messages_stream_that_is_cut() -> None:
    pieces = iter([b"0002A", b""])
    with pytest.raises(MessageError, match="1 of its bytes missing"):
        list(read_messages(lambda limit: next(pieces)))
