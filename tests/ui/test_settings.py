"""Settings: which way of giving one wins, and what is said when one can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from store.settings import SourceSettings
from tests.ui.making import Run
from ui.app import app
from ui.settings import (
    FLAGS,
    SECRET,
    BadSettings,
    Settings,
    environment_names,
    load_settings,
    origins,
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file that is read."""
    path = tmp_path / "settings.toml"
    path.write_text("", "utf-8")
    monkeypatch.setenv("ASSISTANT_CONFIG", str(path))
    return path


def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().top_k == Settings.model_fields["top_k"].default
    file.write_text("top_k = 3", "utf-8")
    assert (load_settings().top_k, origins({})["top_k"]) == (3, str(file))
    monkeypatch.setenv("ASSISTANT_TOP_K", "4")
    assert (load_settings().top_k, origins({})["top_k"]) == (4, "ASSISTANT_TOP_K")
    assert (load_settings(top_k=5).top_k, origins({"top_k": 5})["top_k"]) == (5, "flag")


def test_flags_and_variables_that_say_nothing_leave_the_rest_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("top_k = 3", "utf-8")
    monkeypatch.setenv("ASSISTANT_TOP_K", "")
    assert load_settings(top_k=None).top_k == 3
    assert origins({"top_k": None})["top_k"] == str(file)


def test_every_setting_can_be_given_by_its_variable_and_by_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {"rate_limit": "64/minute", "cors_origins": "https://64.example"}
    written |= {"log_format": "json", "log_level": "debug", "contact": "ada@64.example"}
    sources = [name for name in SourceSettings.model_fields if name.endswith("_url")]
    written |= dict.fromkeys(sources, "https://64.example")
    for name in Settings.model_fields:
        written |= {"writer": "extractive", "library": "/some/where", "rerank": "off"}
        value = written.get(name, "64")
        if name in ("refuse_below", "llm_temperature"):
            value = "1"
        if name in ("lexical_power", "max_sentences", "read_together", "top_k"):
            value = "2"
        if name == "llm_context":
            value = "4096"
        if name in ("insecure", "log_questions"):
            value = "True"
        variable = environment_names(name)[0]
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            assert str(getattr(load_settings(), name)).removesuffix(".0") == value, name
        number = isinstance(getattr(load_settings(), name), int | float) or name == "refuse_below"
        file.write_text(f"{name} = {value.lower() if number else repr(value)}", "utf-8")
        assert str(getattr(load_settings(), name)).removesuffix(".0") == value, name
        file.write_text("", "utf-8")


def test_our_own_variable_goes_before_the_one_that_other_programs_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://theirs")
    assert (load_settings().llm_api_key, load_settings().llm_base_url) == (
        "theirs",
        "http://theirs",
    )
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", "ours")
    monkeypatch.setenv("ASSISTANT_LLM_BASE_URL", "http://ours")
    assert (load_settings().llm_api_key, load_settings().llm_base_url) == ("ours", "http://ours")
    assert origins({})["llm_api_key"] == "ASSISTANT_LLM_API_KEY"


def test_the_library_is_an_absolute_folder_whatever_way_it_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(library=Path("here")).library == tmp_path / "here"
    assert load_settings(library=Path("~/there")).library == tmp_path / "there"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("topk = 3", "There is no setting 'topk' (is 'top_k' meant?): 'assistant config'"),
        ("zzz = 3", "There is no setting 'zzz': 'assistant config'"),
        ("top_k = 'many'", "The setting 'top_k' can't be 'many' (from "),
        ("top_k = 99", "The setting 'top_k' can't be '99' (from "),
        ("writer = 'me'", "should be 'auto', 'extractive' or 'model'; see 'assistant config'."),
        ("top_k = ", "is no valid TOML file: "),
        ("rerank = 'endpoint'", "needs its address: set rerank_base_url, or rerank to 'off'."),
        ("rerank = 'model'", "by the language model needs one: name it with llm_model"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence_that_names_the_setting(
    file: Path, line: str, expected: str
) -> None:
    file.write_text(line, "utf-8")
    with pytest.raises(BadSettings) as told:
        load_settings()
    assert expected in str(told.value)
    assert "\n" not in str(told.value)


def test_a_bad_value_is_told_with_the_variable_it_came_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSISTANT_TOP_K", "lots")
    with pytest.raises(BadSettings, match=r"'top_k' can't be 'lots' \(from ASSISTANT_TOP_K\)"):
        load_settings()


def test_a_file_that_is_named_must_be_there_and_be_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "named.toml"
    monkeypatch.setenv("ASSISTANT_CONFIG", str(path))
    with pytest.raises(BadSettings, match=r"There is no settings file .*named\.toml"):
        load_settings()
    path.write_bytes(b"library = '\xff\xfe'")
    with pytest.raises(BadSettings, match=r"named\.toml can't be read"):
        load_settings()


def test_a_key_is_never_shown(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("ASSISTANT_PASSWORD", "sk-very-secret")
    monkeypatch.setenv("ASSISTANT_RERANK_API_KEY", "sk-very-secret")
    file.write_text("embed_api_key = 'sk-very-secret'", "utf-8")
    for arguments in (("config",), ("config", "--json")):
        shown = run(*arguments)
        assert shown.code == 0
        assert shown.out.count("set (hidden)") == len(SECRET)
        assert "sk-very-secret" not in shown.out + shown.err
    file.write_text("embed_api_key = ['sk-very-secret']", "utf-8")
    refused = run("config")
    assert (refused.code, refused.out) == (2, "")
    assert "embed_api_key" in refused.err
    assert "sk-very-secret" not in refused.err


def test_the_flags_that_settings_are_said_to_have_are_there() -> None:
    root = typer.main.get_command(app)
    commands = root.commands  # type: ignore[attr-defined]  # it is a group
    params = [*commands["ask"].params, *commands["serve"].params]
    options = {option for param in params for option in param.opts}
    assert set(FLAGS.values()) <= options
    assert FLAGS.keys() <= Settings.model_fields.keys()
