"""All settings in one tree: flags, then the environment, then one TOML file, then defaults."""

from __future__ import annotations

import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from platformdirs import user_config_path
from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.settings import AnswerSettings
from store.settings import SourceSettings, StoreSettings

PREFIX = "ASSISTANT_"
SECRET = {"llm_api_key", "embed_api_key", "rerank_api_key", "password"}
FLAGS = {
    "library": "--library", "top_k": "--top-k", "writer": "--writer", "llm_model": "--model",
    "host": "--host", "port": "--port", "insecure": "--insecure",
}  # fmt: skip


class BadSettings(ValueError):
    """A setting can't be used; the message names it."""


def config_file() -> Path:
    """The TOML file: ASSISTANT_CONFIG, or `config.toml` in the user's configuration folder."""
    named = os.environ.get(f"{PREFIX}CONFIG")
    return Path(named).expanduser() if named else user_config_path("assistant") / "config.toml"


class ServerSettings(BaseModel):
    """Where the server listens, and to whom."""

    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(
        7860, ge=0, le=65535, description="Port of the server; 0 takes one that is free."
    )
    password: str | None = Field(
        None, description="What the server asks everybody for; needed on an open address."
    )
    insecure: bool = Field(False, description="Listen on an open address without a password.")
    allow_hosts: str = Field(
        "",
        description="Further names of a server on 127.0.0.1, such as that of a proxy before it, "
        "with commas between.",
    )
    upload_limit: int = Field(
        200, ge=1, description="Largest upload, in the browser or by a program, in megabytes."
    )
    rate_limit: str = Field(
        "",
        description="Requests that a key (or an address without one) may send to the API in a "
        "time, such as 600/minute; empty for any number.",
    )
    cors_origins: str = Field(
        "",
        description="Sites whose pages may use the API, such as https://lab.example, with commas "
        "between.",
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="What the server writes to standard error: lines for people, or a JSON object "
        "a line, one for each request.",
    )
    log_level: Literal["debug", "info", "warning", "error"] | None = Field(
        None,
        description="Least level that is logged; without it 'warning' as text, 'info' as JSON.",
    )
    log_questions: bool = Field(False, description="Put the questions' text into logs and spans.")
    otlp_endpoint: str | None = Field(
        None,
        description="OpenTelemetry collector (OTLP over gRPC) that gets a span for each question, "
        "such as http://localhost:4317 (also read from OTEL_EXPORTER_OTLP_ENDPOINT).",
    )

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, given: str) -> str:
        from ui.limiting import parse_rate

        if given:
            try:
                parse_rate(given)
            except ValueError:
                raise PydanticCustomError("rate", "It is written as 600/minute") from None
        return given

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, given: str) -> str:
        from ui.cors import parse_origins

        try:
            parse_origins(given)
        except ValueError:
            raise PydanticCustomError(
                "origins", "A site is written as https://lab.example, without a path"
            ) from None
        return given


class Settings(BaseSettings, StoreSettings, SourceSettings, AnswerSettings, ServerSettings):
    """All floors' settings. A field `x` is `--x`-like on the command line where a command has
    it, `ASSISTANT_X` in the environment and `x = …` in the TOML file."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", populate_by_name=True, env_ignore_empty=True
    )

    llm_api_key: str | None = Field(
        None,
        description="Key for the chat endpoint.",
        validation_alias=AliasChoices("ASSISTANT_LLM_API_KEY", "OPENAI_API_KEY", "llm_api_key"),
    )
    llm_base_url: str | None = Field(
        None,
        description="OpenAI-compatible chat endpoint, such as http://localhost:11434/v1; without "
        "it and with a key OpenAI's own.",
        validation_alias=AliasChoices("ASSISTANT_LLM_BASE_URL", "OPENAI_BASE_URL", "llm_base_url"),
    )
    otlp_endpoint: str | None = Field(
        None,
        description="OpenTelemetry collector (OTLP over gRPC) that gets a span for each question, "
        "such as http://localhost:4317.",
        validation_alias=AliasChoices(
            "ASSISTANT_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint"
        ),
    )

    @model_validator(mode="after")
    def _model_can_rerank(self) -> Self:
        if self.rerank == "model" and not (
            (self.rerank_model or self.llm_model) and (self.llm_base_url or self.llm_api_key)
        ):
            raise PydanticCustomError(
                "rerank",
                "Reranking by the language model needs one: name it with llm_model and tell its "
                "llm_base_url or llm_api_key, or set rerank to 'off'.",
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = TomlConfigSettingsSource(settings_cls, config_file())
        return init_settings, env_settings, file


def load_settings(**flags: Any) -> Settings:
    """Settings with the given flags on top; flags that are None count as not given.

    Raises:
        BadSettings: a value of the wrong kind, an unknown key, a broken TOML file or one that
            is named but not there.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    if os.environ.get(f"{PREFIX}CONFIG") and not config_file().is_file():
        raise BadSettings(f"There is no settings file {config_file()}.")
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise BadSettings(_first_problem(error, given)) from None
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{config_file()} is no valid TOML file: {error}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The settings file {config_file()} can't be read ({error}).") from None
    return settings.model_copy(update={"library": settings.library.expanduser().absolute()})


def _first_problem(error: ValidationError, flags: dict[str, Any]) -> str:
    first = error.errors(include_url=False)[0]
    if not first["loc"]:  # settings that don't go together
        return first["msg"]
    named = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        near = get_close_matches(named, Settings.model_fields, 1)
        meant = f" (is '{near[0]}' meant?)" if near else ""
        return f"There is no setting '{named}'{meant}: 'assistant config' shows them all."
    name = next((n for n in Settings.model_fields if named in (n, *environment_names(n))), named)
    value = "the value given" if name in SECRET else f"'{first['input']}'"
    where = f" (from {origins(flags)[name]})" if name in Settings.model_fields else ""
    why = first["msg"][:1].lower() + first["msg"][1:]
    return f"The setting '{name}' can't be {value}{where}: {why}; see 'assistant config'."


def origins(flags: dict[str, Any]) -> dict[str, str]:
    """Where each setting's value comes from: flag, environment, file or default."""
    path = config_file()
    in_file = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    found = {}
    for name in Settings.model_fields:
        variables = [v for v in environment_names(name) if os.environ.get(v)]
        if flags.get(name) is not None:
            found[name] = "flag"
        elif variables:
            found[name] = variables[0]
        elif name in in_file:
            found[name] = str(path)
        else:
            found[name] = "default"
    return found


def environment_names(name: str) -> list[str]:
    """The environment variables that set a field, the first one wins."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices if str(choice).isupper()]
    return [f"{PREFIX}{name.upper()}"]
