from tcpwatch.capture.interfaces import Interface
from tcpwatch.report.records.doctor import DOCTOR, Check, Examination, UserRights

FOUND = Examination(
    version="1",
    system="Linux 6",
    python="3.11",
    before=UserRights("root", True, ["CAP_NET_ADMIN"]),
    after_start=UserRights("nobody", False, []),
    netns="here",
    other_netns=["blue"],
    checks=[Check("sockets", True, "by BPF"), Check("packets", False, "no right", "sudo it")],
    interfaces=[Interface("lo", 1, True, True, None, ("::1",))],
)


def test_examination_is_one_document() -> None:
    assert DOCTOR.as_dict(FOUND) == {
        "tcpwatch": "1",
        "system": "Linux 6",
        "python": "3.11",
        "user": "root",
        "capabilities": ["CAP_NET_ADMIN"],
        "netns": "here",
        "other_netns": ["blue"],
        "after_start": {"user": "nobody", "capabilities": []},
        "checks": [
            {"name": "sockets", "works": True, "says": "by BPF", "mend": None},
            {"name": "packets", "works": False, "says": "no right", "mend": "sudo it"},
        ],
        "interfaces": [{"name": "lo", "up": True, "loopback": True, "addresses": ["::1"]}],
    }


def test_examination_as_rows_is_its_checks() -> None:
    assert [column.name for column in DOCTOR.flat_columns] == ["name", "works", "says", "mend"]
    assert list(DOCTOR.flat_rows([FOUND])) == [
        ("sockets", True, "by BPF", None),
        ("packets", False, "no right", "sudo it"),
    ]
