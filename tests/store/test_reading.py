"""Finding files and picking their readers."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from store.paper import Opened, Paper, Rejected, Skipped
from store.readers import STDIN, pick_reader, read_paths
from store.readers.base import UnknownFormat, decode
from store.readers.documents import PaperReader
from tests.store.making import invented, page

READ = tuple[list[Paper], list[Rejected], list[Skipped]]


def read(paths: Sequence[str | Path], stdin: bytes | None = None) -> READ:
    found: READ = ([], [], [])
    stream = io.BytesIO(stdin) if stdin is not None else None
    for record in read_paths(paths, stdin=stream):
        if isinstance(record, Opened):
            continue
        found[(Paper, Rejected, Skipped).index(type(record))].append(record)  # type: ignore[arg-type]
    return found


def save(path: Path, seed: int = 1, count: int = 4) -> list[str]:
    """Saves a page; returns its titles."""
    papers = invented(count, seed=seed, sentences=5)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(papers), encoding="utf-8")
    return [paper.title for paper in papers]


def titles(found: READ) -> list[str]:
    return [paper.title for paper in found[0]]


def test_a_file_gives_its_papers_in_order_each_with_its_place(tmp_path: Path) -> None:
    expected = save(tmp_path / "page.txt")
    found = read([tmp_path / "page.txt"])
    assert titles(found) == expected
    places = [source for paper in found[0] for source in paper.sources]
    assert {place.file for place in places} == {str((tmp_path / "page.txt").resolve())}
    assert [place.position for place in places] == [1, 2, 3, 4]
    lines = (tmp_path / "page.txt").read_text("utf-8").splitlines()
    assert [lines[place.line - 1] for place in places] == expected


def test_a_folder_is_read_with_all_below_but_nothing_hidden(tmp_path: Path) -> None:
    a, b = save(tmp_path / "a.txt", 1), save(tmp_path / "below" / "further" / "b.txt", 2)
    save(tmp_path / ".hidden.txt", 3)
    save(tmp_path / ".git" / "c.txt", 4)
    assert titles(read([tmp_path])) == a + b


def test_a_folder_whose_own_path_is_hidden_is_read(tmp_path: Path) -> None:
    expected = save(tmp_path / ".cache" / "pages" / "a.txt")
    assert titles(read([tmp_path / ".cache" / "pages"])) == expected


def test_globs_are_filled_in(tmp_path: Path) -> None:
    a, b = save(tmp_path / "page-1.txt", 1), save(tmp_path / "page-2.txt", 2)
    other = save(tmp_path / "sub" / "deep" / "other.txt", 3)
    assert titles(read([f"{tmp_path}/page-*.txt"])) == a + b
    assert titles(read([f"{tmp_path}/**/o*.txt"])) == other
    assert titles(read([f"{tmp_path}/s*"])) == other


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    save(tmp_path / "page1.txt", 1)
    expected = save(tmp_path / "page[1].txt", 2)
    assert titles(read([tmp_path / "page[1].txt"])) == expected


def test_the_home_folder_can_be_written_as_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = save(tmp_path / "pages" / "a.txt")
    assert titles(read(["~/pages/a.txt"])) == titles(read(["~/pages/*.txt"])) == expected


def test_standard_input_is_read_for_a_dash() -> None:
    papers = invented(3, sentences=5)
    found = read(["-"], page(papers).encode())
    assert titles(found) == [paper.title for paper in papers]
    assert {paper.sources[0].file for paper in found[0]} == {STDIN}


def test_a_file_that_is_met_twice_is_read_once(tmp_path: Path) -> None:
    expected = save(tmp_path / "a.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    assert titles(read([tmp_path / "a.txt", tmp_path, f"{tmp_path}/*.txt"])) == expected


def test_a_file_without_papers_is_rejected_if_named_and_skipped_if_met_in_a_folder(
    tmp_path: Path,
) -> None:
    expected = save(tmp_path / "page.txt")
    (tmp_path / "notes.md").write_text("Buy milk.")
    papers, rejected, skipped = read([tmp_path / "notes.md"])
    assert (papers, skipped) == ([], [])
    assert rejected[0].source.file.endswith("notes.md")
    assert rejected[0].source.position == 0
    assert "notes.md is in none of the" in rejected[0].why

    found = read([tmp_path])
    assert titles(found) == expected
    assert [Path(skip.file).name for skip in found[2]] == ["notes.md"]
    assert found[1] == []


def test_a_bad_file_never_stops_the_others(tmp_path: Path) -> None:
    expected = save(tmp_path / "z.txt")
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "empty.txt").write_bytes(b"")
    found = read([tmp_path / "a.bin", tmp_path / "empty.txt", tmp_path / "z.txt"])
    assert titles(found) == expected
    assert [Path(reject.source.file).name for reject in found[1]] == ["a.bin", "empty.txt"]


@pytest.mark.parametrize("path", ["missing.txt", "missing/*.txt", "empty"])
def test_what_is_not_there_is_rejected_by_name_and_the_rest_is_read(
    tmp_path: Path, path: str
) -> None:
    (tmp_path / "empty").mkdir()
    expected = save(tmp_path / "z.txt")
    found = read([tmp_path / path, tmp_path / "z.txt"])
    assert titles(found) == expected
    (reject,) = found[1]
    assert reject.source.file == str(tmp_path / path)
    assert "check the path" in reject.why


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_rejected_with_the_reason(tmp_path: Path) -> None:
    save(tmp_path / "a.txt")
    (tmp_path / "a.txt").chmod(0)
    (reject,) = read([tmp_path / "a.txt"])[1]
    assert "Permission denied" in reject.why


def test_a_file_that_vanishes_is_rejected_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "a.txt")

    def gone(*_: object) -> bytes:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "open", gone)
    (reject,) = read([tmp_path])[1]
    assert reject.why == "it can't be opened (No such file or directory)"


def test_a_name_that_is_no_text_can_be_stored_and_shown(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    save(tmp_path / "page.txt")
    try:
        (tmp_path / "page.txt").rename(os.fsdecode(path))
    except OSError:
        pytest.skip("this file system takes only names that are text")
    papers, _, _ = read([tmp_path])
    (_, rejected, _) = read([os.fsdecode(path) + ".missing"])
    for name in (papers[0].sources[0].file, rejected[0].source.file):
        assert "caf" in name.encode("utf-8").decode("utf-8")


def test_no_reader_takes_what_is_no_page() -> None:
    with pytest.raises(UnknownFormat, match=r"in none of the .* formats known here"):
        pick_reader(b"%PDF-1.7 \xe2\xe3\xcf\xd3", "paper.pdf")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Zoë\n".encode(), "Zoë\n"),
        ("Zoë\n".encode("utf-8-sig"), "Zoë\n"),
        ("Zoë\n".encode("utf-16"), "Zoë\n"),
        ("Zoë “x”\n".encode("cp1252"), "Zoë “x”\n"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"a\x00b", "ab"),
        (b"\x81\x8d", "\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_text_is_decoded_whatever_saved_it(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_llamaindex_reads_one_document_a_paper(tmp_path: Path) -> None:
    expected = save(tmp_path / "page.txt")
    documents = PaperReader().load_data(str(tmp_path))
    papers = read([tmp_path])[0]
    assert [document.metadata["title"] for document in documents] == expected
    assert [document.id_ for document in documents] == [paper.id for paper in papers]
    assert documents[0].text == f"{papers[0].title}\n{papers[0].abstract}"
    assert documents[0].metadata["file"].endswith("page.txt")
    assert "doi" not in documents[0].metadata


def test_the_real_pages_are_read_whole(pages_dir: Path) -> None:
    papers, rejected, skipped = read([pages_dir])
    assert (len(papers), len({paper.id for paper in papers})) == (455, 414)
    assert rejected == []
    assert [Path(skip.file).name for skip in skipped] == ["README.md"]
