"""The same readers as a LlamaIndex reader, for those who build their own pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date as Date
from pathlib import Path
from typing import Any

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from store.paper import Paper
from store.readers import read_paths


class PaperReader(BaseReader):
    """Reads any supported file into one LlamaIndex `Document` a paper.

    `PaperReader().load_data("pages/")`; a document's text is title and abstract, its metadata
    the rest of the record. Records that can't be read are left out.
    """

    def lazy_load_data(
        self, *paths: str | Path, saved: Date | None = None, **_: Any
    ) -> Iterable[Document]:
        for record in read_paths(paths, saved=saved):
            if isinstance(record, Paper):
                yield to_document(record)


def to_document(paper: Paper) -> Document:
    """A paper as a LlamaIndex document, its id the paper's."""
    facts = {
        "paper_id": paper.id,
        "title": paper.title,
        "authors": ", ".join(paper.authors),
        "organisation": paper.organisation,
        "date": paper.date.isoformat() if paper.date else None,
        "year": paper.year,
        "url": paper.url,
        "doi": paper.doi,
        "arxiv_id": paper.arxiv_id,
        "file": paper.sources[0].file if paper.sources else None,
    }
    known = {key: value for key, value in facts.items() if value}
    return Document(
        id_=paper.id,
        text=f"{paper.title}\n{paper.abstract}",
        metadata=known,
        excluded_embed_metadata_keys=list(known),
        excluded_llm_metadata_keys=list(known),
    )
