"""Short work goes ahead of long work, and long work still comes to its end."""

from __future__ import annotations

import threading
import time

from store.courtesy import Courtesy


def test_steps_wait_while_short_work_is_under_way_but_not_for_ever() -> None:
    courtesy = Courtesy(patience=0.2)
    with courtesy.ahead():
        began = time.monotonic()
        with courtesy.step():
            assert time.monotonic() - began >= 0.2


def test_a_step_goes_on_as_soon_as_the_short_work_is_done() -> None:
    courtesy = Courtesy(patience=30)
    went_on = threading.Event()

    def work() -> None:
        with courtesy.step():
            went_on.set()

    with courtesy.ahead():
        thread = threading.Thread(target=work)
        thread.start()
        assert not went_on.wait(0.05)
    assert went_on.wait(10)
    thread.join()


def test_steps_come_one_by_one_after_short_work_and_together_without_it() -> None:
    courtesy = Courtesy()
    inside = threading.Barrier(2, timeout=0.3)
    met: list[bool] = []

    def work() -> None:
        with courtesy.step():
            try:
                inside.wait()
                met.append(True)
            except threading.BrokenBarrierError:
                met.append(False)

    def two_at_once() -> list[bool]:
        met.clear()
        inside.reset()
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return met

    assert two_at_once() == [True, True]
    with courtesy.ahead():
        pass
    assert two_at_once() == [False, False]
