from pathlib import Path

from tcpwatch.kernel.proc.kept_files import LONGEST, KeptFiles


def test_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "tcp_mem"
    file.write_text("1\t2\t3\n")
    files = KeptFiles({"memory": file, "none": tmp_path / "none"})
    assert files.numbers("memory") == (1, 2, 3)
    file.write_text("4\n")
    assert files.numbers("memory") == (4,)
    assert files.why_not == {"none": f"{tmp_path}/none: No such file or directory"}
    assert (files.text("none"), files.numbers("none"), files.text("never asked for")) == (None, None, None)
    files.close()
    files.close()
    assert files.text("memory") is None


def test_file_of_something_else_has_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("12 unlimited")
    (tmp_path / "long").write_text("x" * 2 * LONGEST)
    files = KeptFiles({"a": tmp_path / "a", "long": tmp_path / "long"})
    assert files.numbers("a") is None
    assert len(files.text("long") or "") == LONGEST
    files.close()
