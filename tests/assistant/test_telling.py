"""What in a sentence's wording makes it the one that is quoted."""

from __future__ import annotations

import pytest

from assistant.telling import sentence_features


@pytest.mark.parametrize(
    ("question", "text", "figure"),
    [
        ("How many bees were released?", "We released 600 bees at dawn.", 1.0),
        ("How many bees were released?", "Of the lit bees 81% were back, others 52 percent.", 0.0),
        ("How many bees were released?", "Gains of 3.4 points were common.", 0.0),
        ("How many bees were released?", "Of 600 bees 81% were back.", 1.0),
        ("How many percent were back?", "Of the lit bees 81% were back.", 1.0),
        ("What share of bees was back?", "Of the lit bees 81% were back.", 1.0),
        ("What makes bees come back?", "We released 600 bees at dawn.", 0.0),
    ],
)  # fmt: skip
def test_a_count_is_told_by_a_figure_that_is_no_share(
    question: str, text: str, figure: float
) -> None:
    given = {"late": 0.5, "late_news": 0.1, "coverage": 0.5, "news": 0.1, "place": 0.5}
    assert sentence_features(question, text, **given)["figure"] == figure
