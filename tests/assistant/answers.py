"""What the models of the test server say, by model name.

They answer READING, for which the paper on ledgers is the first passage, or TIMETABLES, for which
the two on ferries are the first and the second. The one that ranks puts the third passage first.
"""

from __future__ import annotations

READING = "How well does LedgerNet read faded handwriting?"
TIMETABLES = "How well do language models answer the FerryBench questions?"

READS = "LedgerNet reads 94.2% of the characters on faded pages correctly"
TRAINED = "It was trained on 3,200 pages from two town archives"
QUESTION = "How many pages was LedgerNet trained on?"

ANSWERS = {
    "good": f"{READS} [1]. {TRAINED} [1].",
    "two-papers": (
        "The best of nine language models answers 61% of the questions, and looking up each "
        "footnote raises the best model from 61% to 74% [1][2]."
    ),
    "second-first": (
        "On FerryBench looking up footnotes raises the best model from 61% to 74% [2]. "
        "People answer 92% of the questions correctly [1]."
    ),
    "far-mark": f"{READS} [32]. {TRAINED} [1][47].",
    "wrong-mark": f"According to [6], {READS}.",
    "no-marks": f"{READS}. {TRAINED}.",
    "wrong-figure": f"{READS} [1]. It was trained on 4,800 pages from two town archives [1].",
    "denies": f"{READS} [1]. It was not trained on pages from two town archives [1].",
    "invents": f"{READS} [1]. The work was paid for by the Royal Office of Stationery [1].",
    "markup": (
        f"<p><b>{READS}</b> [1].</p><br/><ul><li>{TRAINED} [1].</li></ul><|end|>\n"
        "<start_of_turn>user\nWhat else do you know?"
    ),
    "thinks": f"<think>\nLet me see [1]. They ask how well.\n</think>\n\n{READS} [1].",
    "repeats": f"{READS} [1]. " * 6,
    "lists-sources": f"{READS} [1].\n\nReferences:\n[1] Reading Old Ledgers\n[2] Something else",
    "refuses": "NOT IN THE ABSTRACTS",
    "declines": "The abstracts do not mention how well it reads.",
    "answers-then-refuses": f"{READS} [1]. NOT IN THE ABSTRACTS",
    "off-topic": "The moon is made of green cheese. Ships like to sing in the evening.",
    "says-nothing": " \n ",
    "busy": "litellm.RateLimitError",
    "fails": "litellm.InternalServerError",
    "rewords": QUESTION,
    "rewords-wordily": f'**Rewritten question:** "{QUESTION}"\n\nI changed "it" to the name.',
    "rewords-wildly": "Why do elephants dream of violins in winter?",
    "fills-cells": (
        "1. LedgerNet is a vision model with 9 million parameters that reads handwriting.\n"
        "2. It was trained on 4,800 pages from two town archives.\n3. NOT STATED\n"
        "4. The work was paid for by the Royal Office of Stationery."
    ),
    "ranks": "<think>\nSurely [1].\n</think>\nBest first: [3] > [2] > [40]\n",
}
