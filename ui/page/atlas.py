"""What the map tab does: the library as a picture of its topics."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from markupsafe import Markup

from store.library import Library
from store.topics import TopicMap, cached_map, make_map
from ui.page.rendering import part

_TICK = 0.5  # seconds between two signs of life
_SIZE = 1000  # units of the picture's sides
_BARS = 60  # years shown at most, the latest

log = logging.getLogger("assistant.page")


class Atlas:
    """The map tab's handlers; a map is made once however many browsers ask for it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._making = threading.Lock()

    def show(self) -> Iterator[Markup]:
        """The map, and a word meanwhile where it has to be made first."""
        if (found := cached_map(self.library)) is not None:
            yield picture(found)
            return
        if not self.library.count():
            yield part("atlas", "empty")
            return
        made: list[TopicMap] = []
        ended = threading.Event()

        def make() -> None:
            try:
                with self._making:
                    made.append(cached_map(self.library) or make_map(self.library))
            except Exception:  # the page says that there is none
                log.exception("No map could be made")
            finally:
                ended.set()

        threading.Thread(target=make, name="map", daemon=True).start()
        yield part("atlas", "making", self.library.count())
        while not ended.wait(_TICK):
            yield part("atlas", "making", self.library.count())
        yield picture(made[0]) if made else part("atlas", "failed")


def picture(made: TopicMap) -> Markup:
    """The map as SVG, points by topic, with the papers per year beside it."""
    points = [
        (p.paper_id, p.title, p.year, round(p.x * _SIZE, 1), round((1 - p.y) * _SIZE, 1), p.topic)
        for p in made.points
    ]
    topics = [(t, round(t.x * _SIZE, 1), round((1 - t.y) * _SIZE, 1)) for t in made.topics]
    years = sorted(made.years.items())[-_BARS:]
    return part("atlas", "picture", made, points, topics, years, max([n for _, n in years] or [1]))
