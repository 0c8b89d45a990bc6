from tcpwatch.kernel.proc.conntrack_counters import conntrack_counters

TEXT = """entries  clashres found insert_failed drop early_drop icmp_error
00000010  00000000 00000000 00000001 0000000a 00000002 00000000
00000010  00000000 00000000 00000000 00000006 00000000 00000000
"""


def test_counters_of_all_processors_are_added() -> None:
    assert conntrack_counters(TEXT) == {
        "nf_conntrack.drop": 16,
        "nf_conntrack.early_drop": 2,
        "nf_conntrack.insert_failed": 1,
    }


def test_counters_that_a_kernel_lacks_are_missing() -> None:
    assert conntrack_counters("") == {}
    assert conntrack_counters("entries drop\n00000001 00000002\n") == {"nf_conntrack.drop": 2}
    assert conntrack_counters("entries drop\n00000001\n") == {"nf_conntrack.drop": 0}
