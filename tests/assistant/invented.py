"""A small library of invented papers from several fields, and turns of conversations about it.

Two of them contradict each other (BEES, BEES_TOO), two share a subject (FERRYBENCH, FERRYING),
one is too long for one chunk (LENSES) and one is a summary by somebody else (SOURDOUGH).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.answer import Passage, Scores, Turn
from assistant.evidence import Evidence
from store.paper import Paper, Source
from store.sentences import split_sentences


def invented(title: str, abstract: str, file: str, position: int, **facts: Any) -> Paper:
    source = Source(file, position, 10 * position)
    return Paper(title=title, abstract=" ".join(abstract.split()), sources=(source,), **facts)


CRANES = invented(
    "Salt Fog and the Rust of Harbour Cranes",
    """Harbour cranes rust faster than inland cranes, and nobody has measured how much of it is due
    to fog. We hung 240 steel plates at four heights on six cranes and weighed them each
    month for two years. Plates in the fog layer lost 3.1% of their weight a year, and
    plates above it 0.9%. A zinc primer halved the loss, but only where the plates were
    washed with fresh water. Paint colour made no difference. We conclude that washing
    schedules matter more than paint.""",
    "harbour.txt", 1, year=2019, organisation="Harbour Institute", author_count=3,
)  # fmt: skip
LANTERN = invented(
    "Lantern Sort: Ordering Streams Within a Fixed Window",
    """Many streams arrive almost in order, yet common sorting methods ignore this. We propose
    Lantern Sort, which keeps a fixed window of recent items and only compares those that
    overlap. On twelve sensor streams it needs 38% fewer comparisons than merge sort.
    Lantern Sort outperforms heap sort on every stream with a window of at least 16 items.
    With smaller windows it is slower than heap sort. The source code is available at
    https://example.org/lantern.""",
    "sorting.txt", 1, year=2021, author_count=2,
)  # fmt: skip
BEES = invented(
    "Morning Light Helps Honeybees Find Home: A Field Study",
    """How honeybees find their hive on the first flight of the day is debated. We released 600
    honeybees at dawn, half of them under lamps that imitate morning light. Morning light
    helps honeybees find their hive: 81% of the lit bees were back within an hour, and 52%
    of the others. The effect was largest on cloudy days. We suggest that polarised morning
    light sets the inner compass of the bee.""",
    "bees.txt", 1, year=2020, author_count=4,
)  # fmt: skip
BEES_TOO = invented(
    "Honeybees Find Home Without Morning Light",
    """An earlier field study claimed that morning light helps honeybees find their hive. We
    repeated it with 1,400 honeybees at three sites and with the lamps hidden from the
    people who counted. Morning light does not help honeybees find their hive: 64% of the
    lit bees and 65% of the others were back within an hour. We believe that the counting
    explains the earlier effect.""",
    "bees.txt", 2, year=2023, author_count=7, organisation="Meadow College",
)  # fmt: skip
LEDGERS = invented(
    "Reading Old Ledgers With Small Vision Models",
    """Handwritten ledgers hold centuries of prices that no machine can read. We present LedgerNet,
    a vision model with 9 million parameters that reads faded handwriting line by line. It
    was trained on 3,200 pages from two town archives. LedgerNet reads 94.2% of the
    characters on faded pages correctly, while a commercial reader that is fifty times
    larger reads 88.5%. It fails on pages with water stains. We release the pages and the
    model weights.""",
    "archives.txt", 1, year=2022, author_count=5, organisation="Harbour Institute",
)  # fmt: skip
BOATS = invented(
    "Teaching Tides With Paper Boats",
    """Pupils often believe that tides are made by the wind. In 14 classes of ten-year-olds we let
    pupils float paper boats in a basin that a lamp and a ball stand beside as sun and moon.
    After three lessons, 73% of the pupils could predict the time of the next high tide,
    compared with 31% in classes that used a textbook. Six months later most of the gain was
    still there.""",
    "school.txt", 1, year=2018, author_count=2,
)  # fmt: skip
VINEYARD = invented(
    "A Cheap Sensor for the Moisture of Vineyard Soil",
    """Commercial soil probes cost too much for small vineyards. We describe a probe made of two
    copper strips and a coin cell that costs four euros. Buried at a depth of 30 cm it
    measured soil moisture within 2.5 points of a laboratory instrument for a whole season.
    Vineyards that watered by the probe used 22% less water without a smaller harvest.""",
    "harbour.txt", 2, year=2021, author_count=3,
)  # fmt: skip
FERRYBENCH = invented(
    "FerryBench: Can Language Models Read Ferry Timetables?",
    """Timetables are simple for people and hard for language models. We introduce FerryBench, a
    benchmark of 1,150 questions about the ferry timetables of three ports. People answer
    92% of the questions correctly. The best of nine language models answers 61%, and most
    errors come from footnotes about public holidays. Longer prompts do not help.""",
    "ferries.txt", 1, year=2024, author_count=6,
)  # fmt: skip
FERRYING = invented(
    "Ferrying Answers: Looking Up Footnotes Before Reading Timetables",
    """Language models stumble over the footnotes of timetables. We let the model look up each
    footnote before it reads the table. On FerryBench this raises the best model from 61% to
    74%. The look-ups cost 40 milliseconds a question. The approach needs no training.""",
    "ferries.txt", 2, year=2024, author_count=2, organisation="Meadow College",
)  # fmt: skip
BELLS = invented(
    "Slow Cooling Makes Tougher Bell Bronze",
    """Church bells crack in cold winters. We cast 30 small bells of bronze with 20% tin and cooled
    them over one hour, one day or one week. Bells cooled over a week bore 1.7 times the
    load before they cracked. Their tone was a quarter tone lower. Under the microscope the
    grains of the slowly cooled bronze were finer, against what we had expected.""",
    "bells.txt", 1, year=2017, author_count=3,
)  # fmt: skip
SOURDOUGH = invented(
    "Sourdough Starters Keep Their Yeasts for Years",
    """The authors followed 45 home-made sourdough starters for three years. The mix of yeasts in a
    starter stayed the same even when its flour was changed. Starters that were carried to
    another country kept their yeasts too. The authors explain this by the acid that the
    starter makes, which keeps strangers out.""",
    "bread.txt", 1, year=2016, authors=("A. Miller", "B. Baker"), kind="summary",
)  # fmt: skip
SEALS = invented(
    "Quiet Drones for Counting Seals on Sandbanks",
    """Seals flee from loud drones, which spoils the count. We fitted a drone with slow wide
    propellers and flew it over nine sandbanks. Seals stayed in place when the quiet drone
    flew at 40 metres, whereas the usual drone had to keep 120 metres. A detector trained on
    5,000 pictures counted the seals with an error of 4%. Pups under a week old were often
    missed.""",
    "seals.txt", 1, year=2023, author_count=5, organisation="Harbour Institute",
)  # fmt: skip
LENSES = invented(
    "A Long History of the Lenses of Lighthouses",
    " ".join(
        f"In the {decade}s the keepers of the {coast} coast ground {kind} lenses of {size} glass "
        f"rings, wrote their costs into {books} and sent broken prisms back to {town} by ship."
        for decade, coast, kind, size, books, town in (
            (1820, "northern", "flat", "thin", "tall books", "Arlen"),
            (1830, "southern", "stepped", "green", "blue books", "Bramhold"),
            (1840, "eastern", "drum", "clear", "loose sheets", "Corvick"),
            (1850, "western", "hooded", "thick", "school books", "Dunmere"),
            (1860, "rocky", "turning", "pressed", "red books", "Eskfoot"),
            (1870, "sandy", "floating", "cast", "prayer books", "Farrowby"),
            (1880, "icy", "heated", "double", "black books", "Glanport"),
            (1890, "muddy", "mercury-borne", "polished", "tide tables", "Hollin"),
        )
    ),
    "history.txt", 1, year=2015, author_count=1,
)  # fmt: skip

PAPERS = (
    CRANES, LANTERN, BEES, BEES_TOO, LEDGERS, BOATS, VINEYARD, FERRYBENCH, FERRYING, BELLS,
    SOURDOUGH, SEALS, LENSES,
)  # fmt: skip


def passage(paper: Paper) -> Passage:
    return Passage(paper, Scores(0.5))


def turn(question: str, *cited: Paper, answer: str = "", refused: bool = False) -> Turn:
    """An earlier turn whose answer cited these papers, or whose refusal named them."""
    return Turn(
        question=question,
        answer=answer or " ".join(f"In *{paper.title}*: …" for paper in cited),
        standalone=question,
        cited=tuple(paper.id for paper in cited),
        titles=tuple(paper.title for paper in cited),
        refused=refused,
    )


def evidence(passage: int, place: int, *, telling: float, relevance: float = 0.5) -> Evidence:
    """A sentence that is like no other (each has a direction of its own)."""
    vector = np.zeros(64, np.float32)
    vector[passage * 8 + place] = 1
    return Evidence(
        passage=passage, span=(10 * place, 10 * place + 9), text="", relevance=relevance,
        telling=telling, late=relevance, coverage=relevance, features={}, vector=vector,
    )  # fmt: skip


def sentences_of(papers: Sequence[Paper]) -> list[tuple[Paper, str]]:
    """Every sentence of every abstract, with its paper."""
    return [
        (paper, paper.abstract[start:end])
        for paper in papers
        for start, end in split_sentences(paper.abstract)
    ]
