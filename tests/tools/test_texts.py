from tcpwatch.lab.recordings import acts_of as recorded_acts
from tools.texts import acts_of, catalog_texts


def test_acts_of_a_scenario_are_those_it_was_recorded_with_in_their_order() -> None:
    assert acts_of("half-close") == [act.message for act in recorded_acts("half-close")]


def test_catalog_texts_name_where_a_text_stands() -> None:
    texts = catalog_texts()
    assert texts[acts_of("http")[1]] == "scenario http"
    kinds = {"explanations", "fields", "narration", "problems", "report", "scenario", "tour"}
    assert {comment.split()[0] for comment in texts.values()} == kinds
