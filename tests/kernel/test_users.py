from tcpwatch.kernel.users import known_uid, user_name, user_names
from tests.builders import row

NOBODY_HAS_THIS = 3_999_999_999


def test_user_name_of_root_is_root() -> None:
    assert user_name(0) == "root"


def test_user_name_of_an_unknown_uid_is_the_number() -> None:
    assert user_name(NOBODY_HAS_THIS) == str(NOBODY_HAS_THIS)


def test_user_names_leave_out_rows_without_a_user() -> None:
    assert user_names([row(uid=0), row(uid=0), row(uid=None)]) == {0: "root"}


def test_known_uid_of_a_socket_without_program() -> None:
    assert known_uid(0, inode=4711) == 0
    assert known_uid(1000, inode=0) == 1000
    assert known_uid(0, inode=0) is None
