"""Tokens are counted with the encodings that llama-index-core carries, never over the network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tokens import CL100K_MODEL, LAST_TOKEN, count_tokens, text_of_tokens
from tests.assistant.count_offline import TEXT

ROOT = Path(__file__).parents[2]
MODELS = ["gpt-4", "gpt-4o", "gpt-3.5-turbo", "gemma-3-270m", "llama3.2:3b", "text-davinci-003", ""]


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The counts of TEXT by model, from a fresh process without network or caches."""
    kept = {k: v for k, v in os.environ.items() if k not in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")}  # fmt: skip  # noqa: E501
    kept |= {"TMPDIR": str(tmp_path_factory.mktemp("tmp")), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.assistant.count_offline", *MODELS],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def test_every_model_is_counted_without_the_network(offline: dict[str, int]) -> None:
    assert set(offline) == set(MODELS)
    assert all(10 < count < 40 for count in offline.values())
    assert offline == {model: count_tokens(TEXT, model) for model in MODELS}


def test_the_two_encodings_are_the_ones_they_should_be() -> None:
    text = "Ωμέγα naïve 東京 " * 5
    assert count_tokens(text, "gpt-4") > count_tokens(text, "gpt-4o")  # cl100k and o200k differ
    assert count_tokens(text, "gpt-4") == count_tokens(text, "gpt-3.5-turbo")
    assert count_tokens(text, "gpt-4o") == count_tokens(text, "some-local-model")
    assert count_tokens("hello world", "gpt-4") == count_tokens("hello world", "gpt-4o") == 2


def test_special_tokens_in_a_text_are_text() -> None:
    assert count_tokens("<|endoftext|>", "gpt-4o") > 1
    assert count_tokens("", "gpt-4o") == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_two_texts_take_hardly_more_together_than_apart(one: str, other: str) -> None:
    together = count_tokens(one + other)
    assert together <= count_tokens(one) + count_tokens(other) + 2


def test_a_text_that_tiktoken_gives_up_on_is_counted_all_the_same() -> None:
    assert 0 < count_tokens(" " * 1_000_000) < 1_000_000


def test_tokens_are_the_text_that_they_stand_for() -> None:
    assert text_of_tokens([15339, 1917]) == "hello world"
    assert count_tokens(text_of_tokens([15339, 1917]), CL100K_MODEL) == 2
    assert text_of_tokens([LAST_TOKEN])
    assert text_of_tokens([94]) == "\N{REPLACEMENT CHARACTER}"  # a piece of a character
