"""Teaches the model that reads a question and a paper together; see `assistant.together`.

    .venv/bin/python -m eval.reader_lessons build/reader.jsonl
    .venv-torch/bin/python -m eval.tune_reader build/tuned build/reader.jsonl build/reader
    .venv/bin/python -m eval.make_model build/reader --reader    # rounds it

It begins as the tuned embedder (`build/tuned`), or as a reader that is taught on. All its layers
but the lowest learn three things of each question: which of the papers that the search brought is
right (which teaches it to read; nobody asks the product's reader for that), which of that paper's
sentences answers, and whether a paper answers at all, by which the product orders close papers.
Papers marked "held" are never learnt from, neither as right ones nor as wrong ones. What is kept
is the moving average of the weights. An hour on two cores, and needs torch, which the product
doesn't.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import BertConfig, BertModel

from assistant.together import SENTENCES, page

QUESTIONS = 8  # of one step
WRONG = 2  # papers beside the right one: the nearest, and others by lot
_OTHERS = 4
AT_ONCE = 12  # papers read in one go, of about one length
RATE, HEAD_RATE, WARMING = 8e-5, 3e-4, 60
AVERAGED = 0.997  # of the average so far that each step keeps
SAVED = 300  # steps after which what there is is written
WIDTH = 384
FROZEN = ("model.embeddings.", "model.encoder.layer.0.")
# Riddles give nothing away that a paper says, and are left out; paraphrases give little, and a
# third of them is used.
LEFT_OUT, PARAPHRASES = "riddle", 0.33
HEADS = "heads.npz"
SAID = ("answers", "sentence")  # nobody asks the product's reader for an order
SCALED = [0, 1, 4]  # the scales of these two
_NEVER = -1e4  # the score of a sentence that isn't there

Tensor = Any  # torch isn't there where types are checked
Paper = Mapping[str, Any]
Lesson = Mapping[str, Any]
Read = tuple[Tensor, Tensor, Tensor]  # of a paper: its sentences' scores, its order, the log-odds


class Reader(torch.nn.Module):
    """The model and what is made of its states, just as `assistant.together` does it."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds model.safetensors, and heads.npz if that is a reader already."""
        super().__init__()
        config = BertConfig(
            hidden_size=WIDTH, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
            attention_probs_dropout_prob=0.05, hidden_dropout_prob=0.05,
        )  # fmt: skip
        self.model = BertModel(config, add_pooling_layer=False)
        self.model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
        self.normal = torch.nn.LayerNorm(WIDTH, elementwise_affine=False)
        self.order, self.answers, self.sentence = (torch.nn.Linear(WIDTH, 1) for _ in range(3))
        for head in (self.order, self.answers, self.sentence):
            torch.nn.init.zeros_(head.weight)
            torch.nn.init.zeros_(head.bias)
        # Of telling, a sentence's cosine, found, a paper's cosine, the best sentence's.
        self.scales = torch.nn.Parameter(torch.tensor([0.8, 1.0, 3.0, 1.0, 3.0]))
        torch.nn.init.constant_(self.answers.bias, -2.0)
        if (folder / HEADS).exists():
            self._take_up(folder / HEADS)

    @torch.no_grad()
    def _take_up(self, heads: Path) -> None:
        with np.load(heads) as file:
            for place, name in enumerate(SAID):
                head = getattr(self, name)
                head.weight[0] = torch.from_numpy(file[name])
                head.bias[0] = float(file["biases"][place])
            self.scales[SCALED] = torch.from_numpy(file["scales"])

    def forward(self, ids: Tensor, parts: Tensor, telling: Tensor, found: Tensor) -> Read:
        """Papers in rows. `parts` is 0 for the question, 1 for the title, from 2 for sentences, -1
        for marks and -2 behind the end."""
        with torch.autocast("cpu", torch.bfloat16):
            given = self.model(input_ids=ids, attention_mask=(parts > -2).long())
        states = given.last_hidden_state.float()
        which = torch.arange(2 + SENTENCES)
        belongs = (parts[..., None] == which).float()  # (papers, pieces, parts)
        means = torch.einsum("wps,wpd->wsd", belongs, states)
        means = means / belongs.sum(1).clamp(min=1)[..., None]
        question, sentences = means[:, 0], means[:, 2:]
        there = belongs[:, :, 2:].sum(1) > 0
        cosines = torch.cosine_similarity(question[:, None], sentences, dim=-1)
        text = (parts >= 1).float()[..., None]
        paper = (states * text).sum(1) / text.sum(1).clamp(min=1)
        whole = self.normal(states[:, 0] + paper)
        scales = self.scales
        told = scales[0] * telling + scales[1] * cosines
        told = (told + self.sentence(self.normal(sentences))[..., 0]).masked_fill(~there, _NEVER)
        about = torch.cosine_similarity(question, paper, dim=-1)
        order = scales[2] * found + scales[3] * about + self.order(whole)[:, 0]
        best = cosines.masked_fill(~there, -1.0).amax(1)
        return told, order, scales[4] * best + self.answers(whole)[:, 0]


def read(reader: Reader, pairs: Sequence[tuple[Lesson, Paper]]) -> list[Read]:
    """What the reader makes of each paper, in the order given."""
    rows = [
        page(lesson["question"], paper["title"], paper["sentences"], paper["telling"])
        for lesson, paper in pairs
    ]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    made: list[Read] = [(torch.zeros(0),) * 3] * len(rows)
    for start in range(0, len(order), AT_ONCE):
        some = order[start : start + AT_ONCE]
        pad = torch.nn.utils.rnn.pad_sequence
        ids = pad([torch.tensor(rows[i].ids) for i in some], batch_first=True)
        owners = [torch.from_numpy(rows[i].parts) for i in some]
        parts = pad(owners, batch_first=True, padding_value=-2)
        telling = torch.zeros(len(some), SENTENCES)
        for place, i in enumerate(some):
            telling[place, : len(rows[i].telling)] = torch.from_numpy(rows[i].telling)
        found = torch.tensor([pairs[i][1]["found"] for i in some], dtype=torch.float32)
        for i, *values in zip(some, *reader(ids, parts, telling, found), strict=True):
            made[i] = (values[0], values[1], values[2])
    return made


def loss(reader: Reader, lessons: Sequence[Lesson]) -> Tensor:
    """What a step learns from."""
    groups = [_drawn(lesson) for lesson in lessons]
    pairs = [(one, paper) for one, group in zip(lessons, groups, strict=True) for paper in group]
    made = iter(read(reader, pairs))
    missed: dict[str, list[Tensor]] = {"order": [], "sentence": [], "answers": []}
    for group in groups:
        given = [next(made) for _ in group]
        right = torch.tensor([float(paper["right"]) for paper in group])
        log_odds = torch.stack([answers for _, _, answers in given])
        missed["answers"].append(
            torch.nn.functional.binary_cross_entropy_with_logits(log_odds, right)
        )
        if not group[0]["right"]:
            continue
        orders = torch.stack([order for _, order, _ in given])
        missed["order"].append(-torch.log_softmax(orders, 0)[0])
        if any(gold := group[0]["gold"]):
            told = given[0][0][: len(gold)]
            own = torch.logsumexp(told[torch.tensor(gold)], 0)
            missed["sentence"].append(torch.logsumexp(told, 0) - own)
    return sum(torch.stack(parts).mean() for parts in missed.values() if parts)


def _drawn(lesson: Lesson) -> list[Paper]:
    """The right paper, if there is one, then the nearest wrong one and others by lot; none that
    is kept apart."""
    papers = [paper for paper in lesson["papers"] if paper["sentences"] and not paper["held"]]
    right = [paper for paper in papers if paper["right"]][:1]
    wrong = [paper for paper in papers if not paper["right"]]
    others = random.sample(wrong[1:_OTHERS], min(WRONG - 1, len(wrong[1:_OTHERS])))
    return [*right, *wrong[:1], *others]


@torch.no_grad()
def fares(reader: Reader, lessons: Sequence[Lesson]) -> str:
    """Of these questions, before and after: how often the right paper is first of those found (by
    the order that teaches it, not the product's), and of right papers how often the first sentence
    is evidence."""
    reader.eval()
    first: list[tuple[bool, bool]] = []
    sentence: list[tuple[bool, bool]] = []
    for lesson in lessons:
        shown = [paper for paper in lesson["papers"] if paper["sentences"]][:_OTHERS]
        if not lesson["answerable"] or not shown:
            continue
        made = read(reader, [(lesson, paper) for paper in shown])
        best = int(np.argmax([float(order) for _, order, _ in made]))
        first.append((shown[0]["right"], shown[best]["right"]))
        for paper, (told, _, _) in zip(shown, made, strict=True):
            if any(gold := paper["gold"]):
                chosen = int(told[: len(gold)].argmax())
                sentence.append((gold[int(np.argmax(paper["telling"]))], gold[chosen]))
    if not (first and sentence):
        return "none of them has a right paper with marked sentences"
    shares = [np.mean(marks, axis=0).round(3).tolist() for marks in (first, sentence)]
    return (
        f"right paper {shares[0][0]} to {shares[0][1]}, sentence {shares[1][0]} to {shares[1][1]}"
    )


def learn(
    reader: Reader, lessons: Sequence[Lesson], rounds: float, rate: float, out: Path
) -> Reader:
    """The moving average of what `reader` was at each step; written to `out` on the way.
    `rounds` of one may end early: then not all questions are seen."""
    parameters = dict(reader.named_parameters())
    for name, parameter in parameters.items():
        parameter.requires_grad = not name.startswith(FROZEN)
    free = {name: p for name, p in parameters.items() if p.requires_grad}
    body = [p for name, p in free.items() if name.startswith("model.")]
    heads = [p for name, p in free.items() if not name.startswith("model.")]
    steps = int(rounds * len(lessons) / QUESTIONS)
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": rate}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01
    )
    falling = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / WARMING, max(1 - step / steps, 0.03))
    )
    averaged = AveragedModel(reader, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED))
    missed: list[float] = []
    for step, some in zip(range(1, steps + 1), _steps(lessons), strict=False):
        reader.train()
        optimiser.zero_grad()
        loss_of_step = loss(reader, some)
        loss_of_step.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimiser.step()
        falling.step()
        averaged.update_parameters(reader)
        missed.append(loss_of_step.item())
        if step % 50 == 0:
            print(f"{step} of {steps}: {np.mean(missed[-50:]):.3f}", flush=True)
        if step % SAVED == 0:
            save(averaged.module, out)
    learnt: Reader = averaged.module
    return learnt


def _steps(lessons: Sequence[Lesson]) -> Iterator[list[Lesson]]:
    """Questions of one step after another, each once before any comes again."""
    while True:
        left = random.sample(list(lessons), len(lessons))
        yield from (left[at : at + QUESTIONS] for at in range(0, len(left), QUESTIONS))


def save(reader: Reader, out: Path) -> None:
    """Writes model.safetensors, and heads.npz as `assistant.together` reads it."""
    state = {name: tensor.contiguous() for name, tensor in reader.model.state_dict().items()}
    save_file(state, out / "model.safetensors")
    heads = {name: getattr(reader, name) for name in SAID}
    rows = {name: head.weight.detach().numpy()[0] for name, head in heads.items()}
    biases = np.array([float(head.bias.detach()) for head in heads.values()], np.float32)
    scales = reader.scales.detach().numpy()[SCALED]
    np.savez_compressed(out / HEADS, biases=biases, scales=scales, **rows)


def main(
    base: Annotated[Path, typer.Argument(help="The tuned embedder, or a reader to teach on.")],
    lessons: Annotated[Path, typer.Argument(help="What eval.reader_lessons wrote.")],
    out: Annotated[Path, typer.Argument(help="The folder for what was learnt.")],
    rounds: Annotated[float, typer.Option(help="How often each question is seen.")] = 0.7,
    rate: Annotated[float, typer.Option(help="Of learning, at its height.")] = RATE,
    seed: Annotated[int, typer.Option(help="Another takes other questions first.")] = 0,
) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    given = [json.loads(line) for line in lessons.read_text("utf-8").splitlines()]
    held = [lesson for lesson in given if lesson["split"] == "held"]
    known = [
        lesson
        for lesson in given
        if lesson["split"] != "held"
        and lesson["kind"] != LEFT_OUT
        and (lesson["kind"] != "paraphrase" or random.random() < PARAPHRASES)
        and len(_drawn(lesson)) > 1
    ]
    print(f"{len(known)} questions, {len(held)} held", flush=True)
    if rounds * len(known) < QUESTIONS:
        raise typer.BadParameter(f"{lessons} holds too few questions for a step of {QUESTIONS}.")
    if out.resolve() == base.resolve():
        raise typer.BadParameter("Name another folder for what is learnt than for the base.")
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(base / "tokenizer.json", out)
    learnt = learn(Reader(base), known, rounds, rate, out)
    save(learnt, out)
    print("on held papers:", fares(learnt, held), flush=True)


if __name__ == "__main__":
    typer.run(main)
