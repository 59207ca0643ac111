"""A desk is lent while there is work, and the library is free in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.errors import LibraryInUse
from store.library import Library
from store.settings import StoreSettings
from ui.agents.lending import Lender
from ui.desk import Desk, LocalDesk


class Opened:
    """Opens a library of the folder for itself, and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.settings = StoreSettings(library=folder, lock_wait=0)
        self.times = 0

    @contextmanager
    def __call__(self) -> Iterator[Desk]:
        self.times += 1
        with Library(self.settings, owner="an agent") as library:
            library.own()
            yield LocalDesk(library)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "library")


def once(true: Callable[[], bool], patience: float = 10) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_free(opened: Opened) -> bool:
    try:
        with Library(opened.settings) as library:
            library.own()
    except LibraryInUse:
        return False
    return True


def test_one_desk_does_for_many_calls(opened: Opened) -> None:
    with Lender(opened) as desk:
        with desk() as one, desk() as other:
            assert one is other
            assert not is_free(opened)
        with desk() as one:
            assert one.count() == 0
    assert opened.times == 1
    assert is_free(opened)


def test_without_work_the_library_is_left_to_others(opened: Opened) -> None:
    with Lender(opened, idle=0.2) as desk:
        with desk():
            time.sleep(0.5)  # work that takes longer than the idle time
            assert not is_free(opened)
        once(lambda: is_free(opened))
        with desk() as one:
            assert one.count() == 0
    assert opened.times == 2


def test_a_library_in_use_is_opened_once_it_is_free(opened: Opened) -> None:
    with Library(opened.settings, owner="another") as library:
        library.own()
        with Lender(opened) as desk:
            with pytest.raises(LibraryInUse, match="another"), desk():
                raise AssertionError
            library.close()
            with desk() as one:
                assert one.count() == 0


def test_a_server_that_went_away_is_looked_for_anew(opened: Opened) -> None:
    with Lender(opened) as desk:
        with pytest.raises(ConnectionError), desk():
            raise ConnectionError
        with desk() as one:
            assert one.count() == 0
    assert opened.times == 2


def test_an_end_before_the_desk_is_open_waits_for_it(opened: Opened) -> None:
    with Lender(opened):
        pass
    assert is_free(opened)
