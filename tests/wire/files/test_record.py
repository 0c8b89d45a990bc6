from tcpwatch.wire.files.record import cut_short, damaged, too_long


def test_damage_names_place_claim_and_limit() -> None:
    error = damaged("record", 19, 123_456, too_long(3_925_868_813, 262_144))
    assert str(error) == (
        "record 19 at byte 123,456 claims 3,925,868,813 bytes; the limit is 262,144. What comes before it was read."
    )


def test_damage_names_the_remaining_bytes() -> None:
    assert cut_short(1_500, 20) == "claims 1,500 bytes; the file ends after 20"
