from tcpwatch.monitor.interruptions import KEPT, Interruption, Interruptions

WORKING = (True, "capturing on eth0", "eth0")
DOWN = (False, "eth0 is down, waiting", "eth0")


def test_capture_that_goes_on_has_no_interruption() -> None:
    interruptions = Interruptions(*WORKING, 1)
    for now_ns in (2, 3):
        interruptions.look(*WORKING, 7, now_ns)
    assert (interruptions.all, interruptions.since_ns) == ((), None)


def test_interface_goes_down_and_comes_back() -> None:
    interruptions = Interruptions(*WORKING, 1)
    interruptions.look(*DOWN, 7, 10)
    interruptions.look(*DOWN, 7, 11)
    assert interruptions.since_ns == 10
    interruptions.look(*WORKING, 7, 20)
    assert interruptions.all == (Interruption(7, "eth0 is down", 10, 20),)
    assert interruptions.since_ns is None


def test_interface_that_is_down_from_the_start() -> None:
    assert Interruptions(*DOWN, 5).all == (Interruption(0, "eth0 is down", 5, None),)


def test_interface_goes_down_then_away_then_comes_back_as_another() -> None:
    interruptions = Interruptions(*WORKING, 1)
    interruptions.look(*DOWN, 7, 10)
    interruptions.look(False, "eth0 is gone, waiting for it to come back", "eth0", 7, 20)
    interruptions.look(True, "capturing on eth0, which was created again", "eth0", 7, 30)
    assert interruptions.all == (Interruption(7, "eth0 is down", 10, 20), Interruption(7, "eth0 is gone", 20, 30))


def test_interface_that_nobody_saw_go_was_created_again() -> None:
    interruptions = Interruptions(*WORKING, 1)
    interruptions.look(True, "capturing on eth0, which was created again", "eth0", 7, 30)
    assert interruptions.all == (Interruption(7, "eth0 was created again", 30, 30),)


def test_interface_is_renamed() -> None:
    interruptions = Interruptions(*WORKING, 1)
    interruptions.look(True, "capturing on wan", "wan", 7, 30)
    assert interruptions.all == (Interruption(7, "eth0 is now called wan", 30, 30),)


def test_interface_that_flaps_for_ever_is_bounded() -> None:
    interruptions = Interruptions(*WORKING, 1)
    for now_ns in range(3 * KEPT):
        interruptions.look(*(DOWN if now_ns % 2 else WORKING), 7, now_ns)
    assert len(interruptions.all) == KEPT
