"""What the assistant floor can be told."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError


class AnswerSettings(BaseModel):
    """How questions are searched and who writes the answers."""

    top_k: int = Field(8, ge=1, le=50, description="Papers that an answer may rest on.")
    pool: int = Field(100, ge=10, description="Candidates each search brings before fusion.")
    lexical_weight: float = Field(
        0.4, ge=0, description="What a perfect match of words adds to the cosine."
    )
    late_weight: float = Field(
        1.5, ge=0, description="What late interaction, word piece by word piece, adds; 0 for none."
    )
    late_pool: int = Field(
        40, ge=0, le=200, description="Candidates that late interaction looks at, best first."
    )
    feedback_weight: float = Field(
        1.2, ge=0, description="What nearness to the best papers found adds; 0 for none."
    )
    abbreviation_weight: float = Field(
        0.1,
        ge=0,
        description="What the words add that a question's abbreviations stand for; 0 for none.",
    )
    read_together: int = Field(
        3,
        ge=0,
        le=8,
        description="Papers that are read together with the question, at most, which puts close "
        "ones in order, chooses the sentence to begin with and helps to decide whether to answer: "
        "more than the first where others are close behind it or several are wanted; 0 for none.",
    )
    max_sentences: int = Field(4, ge=1, le=12, description="Sentences of an extractive answer.")
    writer: Literal["auto", "extractive", "model"] = Field(
        "auto",
        description="Who writes: a language model where one is configured (auto), or always the "
        "extractive writer, or always the model.",
    )
    llm_model: str | None = Field(None, description="Name of the language model at its endpoint.")
    llm_base_url: str | None = Field(
        None, description="OpenAI-compatible chat endpoint (also read from OPENAI_BASE_URL)."
    )
    llm_api_key: str | None = Field(
        None, description="Key for the chat endpoint (also read from OPENAI_API_KEY)."
    )
    llm_context: int = Field(
        8192, ge=1024, description="Tokens that the language model's window holds."
    )
    llm_max_tokens: int = Field(600, ge=64, description="Longest answer of a language model.")
    llm_temperature: float = Field(0.1, ge=0, le=2, description="Sampling temperature.")
    llm_timeout: float = Field(60.0, gt=0, description="Seconds to wait for the model's next word.")
    refuse_below: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Answer only above this confidence; without it the calibrated threshold.",
    )
    rerank: Literal["off", "endpoint", "model"] = Field(
        "off",
        description="Who puts the papers found in a better order: nobody (off), a cross-encoder "
        "behind a rerank endpoint, or the language model.",
    )
    rerank_base_url: str | None = Field(
        None,
        description="Address that /rerank stands behind, such as http://localhost:8080/v1 (as "
        "Cohere, Jina, vLLM, llama.cpp or Text Embeddings Inference serve it).",
    )
    rerank_model: str | None = Field(
        None,
        description="Name of the reranker at its endpoint; where the language model reranks, "
        "that of another one for it.",
    )
    rerank_api_key: str | None = Field(None, description="Key for the rerank endpoint.")
    rerank_candidates: int = Field(
        20, ge=2, le=100, description="Papers that are found for the reranker to choose from."
    )
    rerank_timeout: float = Field(
        10.0, gt=0, description="Seconds that reranking may take; after them the old order stands."
    )

    @model_validator(mode="after")
    def _endpoint_has_address(self) -> Self:
        if self.rerank == "endpoint" and not self.rerank_base_url:
            raise PydanticCustomError(
                "rerank",
                "Reranking by an endpoint needs its address: set rerank_base_url, or rerank to "
                "'off'.",
            )
        return self
