"""The word index."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import BrokenLibrary
from store.paper import Paper
from store.words import WordIndex, key_of, outdated
from tests.store.making import invented

TIDES = Paper(title="Tides in small harbours", abstract="We measure water. It rises twice.")
BEES = Paper(title="How bees vote", abstract="A swarm measures holes and dances about them.")
BELLS = Paper(title="Church bells", abstract="Bronze, tides of sound, and the naïve listener.")


@pytest.fixture
def words(tmp_path: Path) -> WordIndex:
    index = WordIndex(tmp_path / "words")
    index.apply([TIDES, BEES, BELLS])
    return index


def found(words: WordIndex, text: str, **options: object) -> list[str]:
    return [paper_id for paper_id, _ in words.search(text, **options)]  # type: ignore[arg-type]


def test_title_and_abstract_are_both_found(words: WordIndex) -> None:
    assert found(words, "harbours") == [TIDES.id]
    assert found(words, "water") == [TIDES.id]
    assert set(found(words, "tides")) == {TIDES.id, BELLS.id}


def test_a_word_is_found_in_its_other_forms(words: WordIndex) -> None:
    assert found(words, "voting") == [BEES.id]
    assert found(words, "Harbour") == [TIDES.id]
    assert set(found(words, "MEASURED")) == {TIDES.id, BEES.id}
    assert found(words, "naive") == [BELLS.id]


def test_the_paper_with_more_of_the_words_comes_first_and_scores_fall(words: WordIndex) -> None:
    hits = words.search("bells, tides and sound")
    assert [paper_id for paper_id, _ in hits] == [BELLS.id, TIDES.id]
    assert hits[0][1] > hits[1][1] > 0


def test_a_word_that_the_query_repeats_weighs_more(words: WordIndex) -> None:
    once, twice = words.search("water"), words.search("water water")
    assert twice[0][1] == pytest.approx(2 * once[0][1])


def test_a_title_can_be_made_to_weigh_more(tmp_path: Path) -> None:
    index = WordIndex(tmp_path, title_boost=3.0)
    in_title = Paper(title="Water", abstract="Nothing else is in here.")
    in_abstract = Paper(title="Nothing", abstract="Else is in here: water, water, water.")
    index.apply([in_title, in_abstract])
    assert found(index, "water") == [in_title.id, in_abstract.id]


def test_at_most_the_wanted_number_is_found(words: WordIndex) -> None:
    assert len(found(words, "tides measures", limit=2)) == 2
    assert found(words, "tides", limit=0) == []


def test_a_paper_put_in_again_replaces_its_former_text(words: WordIndex) -> None:
    words.apply([Paper(id=TIDES.id, title="Dunes", abstract="We measure sand.")])
    assert len(words) == 3
    assert found(words, "water") == []
    assert found(words, "sand") == [TIDES.id]


def test_applying_the_same_again_changes_nothing_not_even_the_weights_of_words(
    words: WordIndex,
) -> None:
    before = words.search("tides measures")
    words.apply([TIDES], ["nobody"])
    assert len(words) == 3
    assert words.search("tides measures") == before


def test_a_removed_paper_leaves_no_trace(words: WordIndex) -> None:
    words.apply([], [TIDES.id])
    assert len(words) == 2
    assert found(words, "water") == []
    assert words.held_by(words.stems("harbour")[0]) == 0


def test_papers_are_found_as_themselves_after_others_took_their_places(words: WordIndex) -> None:
    before = words.holding("harbour")
    assert words.holding("harbour") == before
    words.apply([], removed=before)
    assert words.holding("harbour") == []
    assert set(words.holding("the tide")).isdisjoint(before)


def test_one_run_can_put_in_and_take_out(words: WordIndex) -> None:
    words.apply([Paper(title="Dunes", abstract="Sand.")], [TIDES.id, BEES.id])
    assert len(words) == 2
    assert len(found(words, "dunes")) == 1


def test_a_search_can_be_kept_to_some_papers(words: WordIndex) -> None:
    assert found(words, "tides", only=[BELLS.id]) == [BELLS.id]
    assert found(words, "tides", only=[BEES.id, "nobody"]) == []
    assert found(words, "tides", only=[]) == []
    ((_, kept),), free = words.search("tides", only=[BELLS.id]), dict(words.search("tides"))
    assert kept == pytest.approx(free[BELLS.id])


def test_the_kept_papers_are_found_among_many_better_ones(tmp_path: Path) -> None:
    index = WordIndex(tmp_path)
    papers = invented(500)
    index.apply(papers)
    only = [paper.id for paper in papers[::5]]
    best = [i for i in found(index, "glacier violin study", limit=500) if i in set(only)]
    assert len(best) > 10
    assert found(index, "glacier violin study", limit=10, only=only) == best[:10]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "?!",
        "the of and",
        'title:"water" AND (bees OR',
        "+water -bees ^2 ~ * [a TO z] {",
        "\\",
        "\x00",
        "\ud800",
        "x" * 100_000,
        "water " * 20_000,
    ],
)
def test_any_text_can_be_looked_for(words: WordIndex, text: str) -> None:
    hits = found(words, text)
    assert (TIDES.id in hits) == ("water" in text)
    assert (BEES.id in hits) == ("bees" in text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters()))
def test_no_text_is_taken_for_a_query_language(words: WordIndex, text: str) -> None:
    assert set(words.stems(text)) == set(words.stems(f"({text}) AND"[:-4]))
    assert set(found(words, text)) <= {TIDES.id, BEES.id, BELLS.id}


def test_stems_are_the_words_as_the_index_knows_them(words: WordIndex) -> None:
    assert words.stems("The Bees, voting naïvely!") == ["bee", "vote", "naiv"]
    assert words.held_by("bee") == 1
    assert words.held_by("tide") == 1  # the larger of title and abstract
    assert words.held_by("whale") == 0


def test_everything_is_found_when_the_index_is_opened_again(
    words: WordIndex, tmp_path: Path
) -> None:
    before = words.search("tides measures")
    again = WordIndex(tmp_path / "words")
    assert len(again) == 3
    assert again.search("tides measures") == before
    again.apply([], [BELLS.id])
    assert found(WordIndex(tmp_path / "words"), "tides") == [TIDES.id]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = WordIndex(tmp_path)
    assert len(index) == 0
    assert found(index, "water") == []


def test_several_threads_may_write_and_search(words: WordIndex) -> None:
    errors: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for start in range(0, 20, 10):
                words.apply(invented(20, seed=seed)[start : start + 10])
                words.search("glacier study")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(words) == 63


def test_a_broken_index_names_the_command_that_makes_it_anew(tmp_path: Path) -> None:
    WordIndex(tmp_path).apply([TIDES])
    (tmp_path / "meta.json").write_text("not json")
    with pytest.raises(BrokenLibrary, match="assistant reindex"):
        WordIndex(tmp_path)


def test_of_what_is_found_only_those_that_are_let_through(words: WordIndex) -> None:
    among = {key_of(paper.id): paper.id for paper in (BELLS, BEES)}
    hits = words.search("tides")
    assert words.search("tides", among=among) == [hit for hit in hits if hit[0] == BELLS.id]
    assert words.search("tides", among={}) == []


def test_an_index_without_numbers_is_outdated(tmp_path: Path) -> None:
    assert not outdated(tmp_path)  # there is none
    WordIndex(tmp_path / "new")
    assert not outdated(tmp_path / "new")
    meta = tmp_path / "new" / "meta.json"
    meta.write_text(meta.read_text("utf-8").replace('"key"', '"kez"'), "utf-8")
    assert outdated(tmp_path / "new")
    meta.write_text("not json", "utf-8")
    assert not outdated(tmp_path / "new")
