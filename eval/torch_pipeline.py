"""LlamaIndex's own way in, to measure ours against: torch embedding, into Chroma.

    .venv-torch/bin/python eval/torch_pipeline.py texts.json WEIGHTS CHROMA

Runs in an environment of its own (requirements/torch.txt) and imports nothing of this project.
`texts.json` is a list of texts, WEIGHTS a folder with all-MiniLM-L6-v2 and CHROMA a folder to
make. Every setting is LlamaIndex's default. Prints one JSON document: the wall and CPU seconds
of `IngestionPipeline.run` (imports, loading and a first text excluded) and what came of it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}


def main(texts: Path, weights: Path, folder: Path) -> None:
    import chromadb
    import torch
    from chromadb.config import Settings
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.schema import Document
    from llama_index.embeddings.huggingface import (  # type: ignore[import-not-found]
        HuggingFaceEmbedding,
    )
    from llama_index.vector_stores.chroma import ChromaVectorStore

    embedder = HuggingFaceEmbedding(model_name=str(weights), device="cpu")
    client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))

    def pipeline(name: str) -> IngestionPipeline:
        collection = client.get_or_create_collection(name)
        return IngestionPipeline(
            transformations=[SentenceSplitter(), embedder],
            vector_store=ChromaVectorStore(chroma_collection=collection),
        )

    pipeline("first").run(documents=[Document(text="A first text, to load everything.")])
    documents = [Document(text=text) for text in json.loads(texts.read_text("utf-8"))]
    measured = pipeline("papers")
    wall, cpu = time.perf_counter(), time.process_time()
    nodes = measured.run(documents=documents)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": cpu,
                "texts": len(documents),
                "nodes": len(nodes),
                "in_chroma": client.get_collection("papers").count(),
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
                "batch": embedder.embed_batch_size,
            }
        )
    )


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
