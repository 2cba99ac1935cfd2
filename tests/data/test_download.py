"""Downloading: whole, cut off and resumed, wrong, missing; from a server on this machine only."""

import hashlib
import io
import os

import pytest

from retrograd.data.download import ProgressBar, download

BODY = os.urandom(300_000)


def md5(content):
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "file.gz"


def part_of(path):
    return path.with_name("file.gz.part")


def test_whole_file(server, path):
    server.files["f"] = BODY
    download([server.url("f")], path, md5(BODY))
    assert path.read_bytes() == BODY
    assert not part_of(path).exists()
    assert server.requests == [("/f", None)]


def test_cut_off_is_resumed_in_the_same_call(server, path):
    server.files["f"] = BODY
    server.cut, server.cuts = 100_000, 2
    download([server.url("f")], path, md5(BODY))
    assert path.read_bytes() == BODY
    assert [wanted for _, wanted in server.requests] == [None, "bytes=100000-", "bytes=200000-"]


def test_cut_off_too_often_is_resumed_by_the_next_call(server, path):
    server.files["f"] = BODY
    server.cut, server.cuts = 1_000, 3
    with pytest.raises(RuntimeError, match=r"broke at byte 3000 of 300000.*file\.gz\.part"):
        download([server.url("f")], path, md5(BODY))
    assert not path.exists()
    assert part_of(path).read_bytes() == BODY[:3_000]
    download([server.url("f")], path, md5(BODY))
    assert path.read_bytes() == BODY
    assert server.requests[-1] == ("/f", "bytes=3000-")


def test_server_without_ranges_starts_again(server, path):
    server.files["f"], server.ranges = BODY, False
    path.parent.mkdir()
    part_of(path).write_bytes(BODY[:1_000])
    download([server.url("f")], path, md5(BODY))
    assert path.read_bytes() == BODY
    assert server.requests == [("/f", "bytes=1000-")]


def test_complete_part_file_is_only_checked(server, path):
    server.files["f"] = BODY
    path.parent.mkdir()
    part_of(path).write_bytes(BODY)
    download([server.url("f")], path, md5(BODY))
    assert path.read_bytes() == BODY
    assert server.requests == [("/f", "bytes=300000-")]


@pytest.mark.parametrize("stale", [b"x" * 1_000, b"x" * 400_000], ids=["shorter", "longer"])
def test_stale_part_file_is_thrown_away(server, path, stale):
    server.files["f"] = BODY
    path.parent.mkdir()
    part_of(path).write_bytes(stale)
    download([server.url("f")], path, md5(BODY))
    assert path.read_bytes() == BODY
    assert server.requests[-1] == ("/f", None)


def test_wrong_checksum_leaves_nothing(server, path):
    server.files["f"] = b"something else"
    with pytest.raises(RuntimeError) as caught:
        download([server.url("f")], path, md5(BODY))
    message = str(caught.value)
    assert "wrong checksum" in message
    assert md5(BODY) in message
    assert md5(b"something else") in message
    assert server.url("f") in message
    assert list(path.parent.iterdir()) == []


def test_missing_file_names_every_address(server, path):
    with pytest.raises(RuntimeError, match=r"file\.gz could not be downloaded") as caught:
        download([server.url("a"), server.url("b")], path, md5(BODY))
    assert f"{server.url('a')}: HTTP Error 404" in str(caught.value)
    assert f"{server.url('b')}: HTTP Error 404" in str(caught.value)
    assert not path.exists()


def test_second_address_is_tried(server, path):
    server.files["b"] = BODY
    download([server.url("a"), server.url("b")], path, md5(BODY))
    assert path.read_bytes() == BODY


def test_unreachable_server(path):
    with pytest.raises(RuntimeError, match=r"127\.0\.0\.1:9/f: .*refused"):
        download(["http://127.0.0.1:9/f"], path, md5(BODY), timeout=5)


def test_existing_file_is_replaced_only_when_the_new_one_is_whole(server, path):
    path.parent.mkdir()
    path.write_bytes(b"old")
    server.files["f"] = b"wrong"
    with pytest.raises(RuntimeError, match="wrong checksum"):
        download([server.url("f")], path, md5(BODY))
    assert path.read_bytes() == b"old"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_bar_on_a_terminal():
    stream = Terminal()
    bar = ProgressBar("f.gz", 2_000_000, stream)
    bar.update(1_000_000)
    bar.update(1_000_001)  # too soon after the last
    bar.close(2_000_000)
    lines = stream.getvalue().split("\r")
    assert lines == [
        "",
        "f.gz  [###############...............]  50%  1.0 / 2.0 MB",
        "f.gz  [##############################] 100%  2.0 / 2.0 MB\n",
    ]


def test_progress_bar_without_known_length():
    stream = Terminal()
    ProgressBar("f.gz", None, stream).close(1_500_000)
    assert stream.getvalue() == "\rf.gz  1.5 MB\n"


def test_progress_bar_is_silent_elsewhere():
    stream = io.StringIO()
    ProgressBar("f.gz", 10, stream).close(10)
    assert stream.getvalue() == ""
