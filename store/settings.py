"""What the store floor can be told."""

from __future__ import annotations

import re
from pathlib import Path

from platformdirs import user_data_path
from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError


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


def _address(default: str, what: str) -> str:
    found: str = Field(default, description=f"Address of {what}, for `fetch`.")
    return found


class SourceSettings(BaseModel):
    """Where papers are fetched from, and what is told of whoever does."""

    contact: str | None = Field(
        None,
        description="Your e-mail address, which online sources are told: some serve those they "
        "know sooner, and write before they block.",
    )
    fetch_timeout: float = Field(
        30.0, gt=0, description="Seconds that an online source may be silent."
    )
    arxiv_url: str = _address("https://export.arxiv.org/api/query", "arXiv's API")
    hf_daily_url: str = _address(
        "https://huggingface.co/api/daily_papers", "the Hugging Face daily papers"
    )
    crossref_url: str = _address("https://api.crossref.org", "Crossref's API")
    openalex_url: str = _address("https://api.openalex.org", "OpenAlex's API")
    semantic_scholar_url: str = _address(
        "https://api.semanticscholar.org/graph/v1", "Semantic Scholar's API"
    )
    pubmed_url: str = _address(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", "PubMed's E-utilities"
    )
    acl_url: str = _address(
        "https://raw.githubusercontent.com/acl-org/acl-anthology/master/data/xml",
        "the ACL Anthology's XML files",
    )

    @field_validator("contact")
    @classmethod
    def _is_mail(cls, given: str | None) -> str | None:
        if given is not None and not re.fullmatch(r"[!-;=?-~]+@[!-;=?-~]+", given):
            raise PydanticCustomError("contact", "It is written as ada@lab.example")
        return given

    @field_validator(
        "arxiv_url", "hf_daily_url", "crossref_url", "openalex_url", "semantic_scholar_url",
        "pubmed_url", "acl_url",
    )  # fmt: skip
    @classmethod
    def _is_address(cls, given: str) -> str:
        if not re.fullmatch(r"https?://[!-~]+", given):
            raise PydanticCustomError("address", "An address begins with https:// or http://")
        return given
