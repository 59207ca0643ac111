"""What the store floor can be told."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import BaseModel, Field


class StoreSettings(BaseModel):
    """Where the library lives and what embeds it."""

    library: Path = Field(
        default_factory=lambda: user_data_path("assistant") / "library",
        description="Folder of the library.",
    )
    chroma_url: str | None = Field(
        None, description="Address of a Chroma server; without it Chroma runs embedded."
    )
    embed_model: str | None = Field(
        None, description="Model name at the embeddings endpoint; without it the built-in MiniLM."
    )
    embed_base_url: str | None = Field(
        None, description="OpenAI-compatible embeddings endpoint, such as http://localhost:11434/v1"
    )
    embed_api_key: str | None = Field(None, description="Key for the embeddings endpoint.")
    window: int = Field(256, ge=64, description="Longest chunk, in the embedder's tokens.")
    lock_wait: float = Field(
        5.0, ge=0, description="Seconds to wait for another process that uses the library."
    )
