from tcpwatch.sockets.namespace import Namespace


def test_title_is_the_best_word_there_is() -> None:
    whole = Namespace(4_026_532_177, "blue", "docker/3f2a9c01d2e4", "nginx/80")
    assert whole.title == "docker/3f2a9c01d2e4"
    assert Namespace(4_026_532_177, "blue", None, "nginx/80").title == "blue"
    assert Namespace(4_026_532_177, process="nginx/80").title == "nginx/80"
    assert Namespace(4_026_532_177).title == "net:[4026532177]"


def test_title_of_our_own_says_so_and_its_label_says_which() -> None:
    ours = Namespace(4_026_532_177, "blue", here=True)
    assert (ours.title, ours.label) == ("here", "blue")


def test_words_are_all_there_are() -> None:
    assert Namespace(5, "blue", "pod/3f2a9c01", "nginx/80").words == ("5", "blue", "pod/3f2a9c01", "nginx/80")
    assert Namespace(5, here=True).words == ("5", "here")
