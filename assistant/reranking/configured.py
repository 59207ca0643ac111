"""The reranker that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.settings import AnswerSettings
from assistant.writing.model import make_llm

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

    from assistant.reranking.base import Rerank


def make_reranker(settings: AnswerSettings, llm: LLM | None = None) -> Rerank | None:
    """The configured reranker, or None where it is off.

    `llm` takes the place of the configured language model.

    Raises:
        ValueError: reranking by a model is asked for, and there is none.
    """
    s = settings
    if s.rerank == "endpoint" and s.rerank_base_url:
        from pydantic import SecretStr

        from assistant.reranking.endpoint import EndpointRerank

        return EndpointRerank(
            base_url=s.rerank_base_url,
            model=s.rerank_model,
            api_key=SecretStr(s.rerank_api_key) if s.rerank_api_key else None,
            timeout=s.rerank_timeout,
            candidates=s.rerank_candidates,
        )
    if s.rerank != "model":
        return None
    from assistant.reranking.model import ModelRerank

    changed = {
        "writer": "auto",  # who writes is no matter of who reranks
        "llm_model": s.rerank_model or s.llm_model,
        "llm_temperature": 0.0,
        "llm_timeout": s.rerank_timeout,
    }
    llm = llm or make_llm(s.model_copy(update=changed))
    if llm is None:
        raise ValueError(
            "There is no language model that could rerank: name one with llm_model and tell its "
            "llm_base_url or llm_api_key, or set rerank to 'off'."
        )
    return ModelRerank(
        llm=llm,
        candidates=s.rerank_candidates,
        context=s.llm_context,
        max_tokens=s.llm_max_tokens,
    )
