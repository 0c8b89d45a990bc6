"""A ladder as data."""

from tcpwatch.report.ladder import Tone, tone_of
from tcpwatch.tcp.event import Step
from tests.builders import event


def test_tone_of_a_segment() -> None:
    assert tone_of(event()) is Tone.PLAIN
    assert tone_of(event(step=Step.SYN)) is Tone.OPENING
    assert tone_of(event(step=Step.FIN_ACK)) is Tone.CLOSING
    assert tone_of(event(step=Step.RST, analysis=("retransmission",))) is Tone.RESET
    assert tone_of(event(step=Step.FIN, analysis=("retransmission",))) is Tone.CAUTION
    assert tone_of(event(analysis=("keep_alive",))) is Tone.PLAIN
