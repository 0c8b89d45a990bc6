from tcpwatch.monitor.interruptions import KEPT, Interruption, Interruptions
from tcpwatch.sockets.host import Link, LinkChange

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


UP = Link(2, "e0", up=True, carrier=True)
DOWN_LINK = Link(2, "e0", up=False, carrier=False)
NO_CARRIER = Link(2, "e0", up=True, carrier=False)


def of_links(*looks: tuple[LinkChange, ...]) -> list[tuple[str, int, int | None]]:
    """What was noted of the changes that each look found; a look is a tenth of a second."""
    interruptions = Interruptions(True, "capturing on all interfaces", "any", 0)
    for number, changes in enumerate(looks, 1):
        interruptions.look_at_links(changes, 7, number * 10)
    assert all(one.before == 7 for one in interruptions.all)
    assert interruptions.since_ns is None
    return [(one.what, one.since_ns, one.until_ns) for one in interruptions.all]


def test_one_of_all_interfaces_goes_down_and_comes_back() -> None:
    down = (LinkChange(UP, DOWN_LINK),)
    assert of_links(down) == [("e0 is down", 10, None)]
    assert of_links(down, (LinkChange(DOWN_LINK, UP),)) == [("e0 is down", 10, 20)]


def test_cable_is_pulled_after_an_interface_came_up() -> None:
    changes = (LinkChange(DOWN_LINK, NO_CARRIER),), (LinkChange(NO_CARRIER, UP),), (LinkChange(UP, NO_CARRIER),)
    assert of_links(*changes) == [("e0 is up", 20, 20), ("e0 has no carrier", 30, None)]


def test_interface_that_goes_away_is_told_to_be_gone_and_not_down_before() -> None:
    gone = (LinkChange(UP, DOWN_LINK), LinkChange(DOWN_LINK, None))
    assert of_links(gone) == [("e0 is gone", 10, None)]


def test_interface_comes_back_as_another_of_its_name() -> None:
    another = Link(3, "e0", up=False, carrier=False)
    looks = (LinkChange(UP, None),), (LinkChange(None, another),), (LinkChange(another, UP),)
    assert of_links(*looks) == [("e0 is gone", 10, 20), ("e0 is down", 20, 30)]


def test_one_of_all_interfaces_is_renamed_while_it_is_down() -> None:
    renamed = Link(2, "wan", up=False, carrier=False)
    looks = (LinkChange(UP, DOWN_LINK),), (LinkChange(DOWN_LINK, renamed),)
    assert of_links(*looks) == [("wan is down", 10, None), ("e0 is now called wan", 20, 20)]
    assert len(of_links(*looks, (LinkChange(renamed, Link(2, "wan", up=True, carrier=True)),))) == 2


def test_interface_that_flaps_between_two_looks_was_down() -> None:
    assert of_links((LinkChange(UP, DOWN_LINK), LinkChange(DOWN_LINK, UP))) == [("e0 is down", 10, 11)]


def test_interface_that_never_worked_comes_and_goes_without_a_word() -> None:
    assert of_links((LinkChange(None, DOWN_LINK),), (LinkChange(DOWN_LINK, None),)) == []
