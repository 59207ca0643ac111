"""Noun phrases that may name a theme."""

from __future__ import annotations

import pytest

from assistant.surveying.phrases import noun_phrases


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("We mitigate reward hacking with a win rate of 80%.", {"reward hacking"}),
        ("The graph neural networks are used.", {"neural networks", "graph neural networks"}),
        ("Sparse rewards are hard to find.", {"Sparse rewards"}),
        ("to plan grasps", set()),
    ],
)
def test_only_whole_noun_phrases_are_found(text: str, phrases: set[str]) -> None:
    found = {form for _, form in noun_phrases(text, lambda word: (word,))}
    assert found == phrases
