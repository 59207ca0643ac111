"""The word index: BM25 over titles and abstracts, kept on disk by tantivy."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from store.errors import BrokenLibrary
from store.paper import Paper
from store.rows import text_digest

if TYPE_CHECKING:
    import tantivy

_Read = tuple["tantivy.Searcher", dict[tuple[int, int], str]]

_ANALYZER = "english"
_FIELDS = ("title", "abstract")
_LAST_WORD = re.compile(r"([^\W_]{2,})$")
_HEAP = 64_000_000
_COUNTED = 1000  # papers with a stem, up to which they are counted one by one


def key_of(paper_id: str) -> int:
    """The number that stands for a paper in the index: read ten times faster than its id."""
    digest = hashlib.blake2b(paper_id.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def outdated(folder: Path) -> bool:
    """Whether an index was made before papers had numbers there, and is to be made anew."""
    try:
        schema = json.loads((folder / "meta.json").read_text("utf-8"))["schema"]
        return bool(schema) and all(field["name"] != "key" for field in schema)
    except (OSError, ValueError, KeyError, TypeError):
        return False  # there is none, or it is broken, which opening it will tell


class WordIndex:
    """BM25 (k1 1.2, b 0.75) with English stemming; adds and deletes one paper at a time.

    A query may hold anything: it is taken as words, never as a query language. Safe to use from
    several threads. A removed or replaced text is found no more, but counts in the weights of
    words until tantivy merges the segment that held it.

    Raises:
        BrokenLibrary: the folder holds something else, or an index of another version.
    """

    def __init__(self, folder: Path, *, title_boost: float = 1.0) -> None:
        import tantivy

        self._tantivy = tantivy
        self.title_boost = title_boost
        self._analyzer, self._folding = _analyzer(), _folding().build()
        self._writing = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema(), path=str(folder))
        except (OSError, ValueError) as error:
            raise BrokenLibrary(
                f"The word index in {folder} can't be read ({error}): run 'assistant reindex' to "
                "make it anew."
            ) from error
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._index.config_reader("manual")
        self._reload()

    def __len__(self) -> int:
        return self._index.searcher().num_docs

    def apply(self, papers: Iterable[Paper], removed: Iterable[str] = ()) -> None:
        """Puts papers in, in place of what stood under their ids, and takes others out.

        One commit; what is there already is left alone, so doing it again changes nothing.
        """
        given = list(papers)
        with self._writing:
            held = self._held([paper.id for paper in given])
            writer = self._index.writer(heap_size=_HEAP, num_threads=1)
            for paper_id in removed:
                writer.delete_documents_by_term("id", paper_id)
            for paper in given:
                digest = text_digest(paper)
                if held.get(paper.id) == digest:
                    continue
                writer.delete_documents_by_term("id", paper.id)
                document = self._tantivy.Document()
                document.add_text("id", paper.id)
                document.add_unsigned("key", key_of(paper.id))
                document.add_bytes("digest", digest.encode())
                document.add_text("title", paper.title)
                document.add_text("abstract", paper.abstract)
                writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
            self._reload()

    def search(
        self,
        text: str,
        limit: int = 100,
        only: Sequence[str] | None = None,
        among: Mapping[int, str] | None = None,
    ) -> list[tuple[str, float]]:
        """The papers that hold words of `text`: (paper id, BM25 score), best first.

        `only` keeps the search to these ids. Of the `limit` best, only those in `among` are
        given, ids by `key_of`.
        """
        t = self._tantivy
        weights = Counter(self.stems(text))
        if not weights or limit < 1:
            return []
        schema = self._index.schema
        clauses = []
        for term, weight in weights.items():
            for field, boost in (("title", self.title_boost), ("abstract", 1.0)):
                query = t.Query.term_query(schema, field, term, "freq")
                clauses.append((t.Occur.Should, t.Query.boost_query(query, weight * boost)))
        query = t.Query.boolean_query(clauses)
        if only is not None:
            within = t.Query.const_score_query(
                t.Query.term_set_query(schema, "id", list(only)), 0.0
            )
            query = t.Query.boolean_query([(t.Occur.Must, query), (t.Occur.Must, within)])
        read = searcher, known = self._read
        hits = searcher.search(query, limit, count=False).hits
        if among is not None:
            keys = searcher.fast_field_values("key", [address for _, address in hits])
            ids = map(among.get, cast("list[int]", keys))
            return [(i, float(score)) for i, (score, _) in zip(ids, hits, strict=True) if i]
        found = [(float(score), (address.segment_ord, address.doc)) for score, address in hits]
        self._unpack(read, (place for _, place in found))
        return [(known[place], score) for score, place in found]

    def holding(self, text: str, *, begun: bool = False) -> list[str]:
        """The ids of all papers that hold every word of `text`, each in title or abstract.

        With `begun` any word will do whose stem begins as the last one of `text` does.
        """
        t, schema, last = self._tantivy, self._index.schema, ""
        if begun:
            text, last = self.divided(text)
            last = "".join(self._folding.analyze(_encodable(last)))
            if not self.stems(last):  # nothing, or a word that says nothing
                return []
        wanted = [[t.Query.term_query(schema, f, stem) for f in _FIELDS]
                  for stem in dict.fromkeys(self.stems(text))]  # fmt: skip
        if last:
            wanted.append([t.Query.regex_query(schema, field, f"{last}.*") for field in _FIELDS])
        if not wanted:
            return []
        query = t.Query.boolean_query([
            (t.Occur.Must, t.Query.boolean_query([(t.Occur.Should, one) for one in either]))
            for either in wanted
        ])  # fmt: skip
        read = searcher, ids = self._read
        query = t.Query.const_score_query(query, 0.0)
        hits = searcher.search(query, max(1, searcher.num_docs), count=False).hits
        found = [(address.segment_ord, address.doc) for _, address in hits]
        self._unpack(read, found)
        return [ids[place] for place in found]

    def held_by(self, stem: str) -> int:
        """How many papers hold a stem in their title or abstract (the larger of both counts).

        Of a stem that a thousand hold, removed papers may count until the index tidies them away.
        """
        t, (searcher, _), schema = self._tantivy, self._read, self._index.schema
        noted = max(int(searcher.doc_freq(field, stem)) for field in _FIELDS)
        if not noted or noted > _COUNTED:
            return noted
        queries = (t.Query.term_query(schema, field, stem) for field in _FIELDS)
        found = (searcher.search(query, limit=1, count=True) for query in queries)
        return max(int(hits.count) for hits in found)  # type: ignore[attr-defined] # not in the stubs

    @staticmethod
    def divided(text: str) -> tuple[str, str]:
        """A text up to its last word, and that word; nothing of the latter where a mark ends it."""
        match = _LAST_WORD.search(text)
        return (text[: match.start()], match[1]) if match else (text, "")

    def look_again(self) -> None:
        """Takes in what another process has written."""
        self._reload()

    def stems(self, text: str) -> list[str]:
        """The text's words as the index knows them: lower case, no stop words, stemmed."""
        return list(self._analyzer.analyze(_encodable(text)))

    def _reload(self) -> None:
        self._index.reload()
        # Together, as places are those of one state of the index. The ids at places that were
        # read are kept: to unpack a document takes ten times longer than to find it.
        self._read: _Read
        self._read = self._index.searcher(), {}

    def _unpack(self, read: _Read, places: Iterable[tuple[int, int]]) -> None:
        """Reads the ids at places of one state that were not read before, in the order in which
        they lie on the disk, as blocks of them are unpacked together."""
        searcher, ids = read
        for place in sorted(place for place in places if place not in ids):
            ids[place] = searcher.doc(self._tantivy.DocAddress(*place))["id"][0]

    def _held(self, ids: Sequence[str]) -> dict[str, str]:
        """Of these papers the ones that are here, with the digest of their text."""
        searcher = self._index.searcher()
        if not ids or not searcher.num_docs:
            return {}
        query = self._tantivy.Query.term_set_query(self._index.schema, "id", list(ids))
        found = (searcher.doc(at) for _, at in searcher.search(query, len(ids), count=False).hits)
        return {document["id"][0]: bytes(document["digest"][0]).decode() for document in found}

    def _schema(self) -> tantivy.Schema:
        builder = self._tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_bytes_field("digest", stored=True)
        builder.add_unsigned_field("key", fast=True)
        for field in _FIELDS:
            builder.add_text_field(field, tokenizer_name=_ANALYZER, index_option="freq")
        return builder.build()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _folding() -> tantivy.TextAnalyzerBuilder:
    """Words in small letters without accents."""
    import tantivy

    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )


def _analyzer() -> tantivy.TextAnalyzer:
    import tantivy

    return (
        _folding()
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
