"""What the test proxy runs beside litellm's own parts; it lives in the proxy's environment.

`model_server.py` copies this file beside the proxy's configuration, which names the two parts.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import AsyncIterator
from typing import Any

import litellm
from litellm.proxy._types import ProxyException, UserAPIKeyAuth

_PASSAGE = re.compile(r"^\[(\d+)\] .*\n((?:.+\n?)+)", re.MULTILINE)
_FIRST_SENTENCE = re.compile(r"(.+?)([.!?])(?=\s|$)", re.DOTALL)
_NEXT_MESSAGE = re.compile(r"^Next message: (.+)$", re.MULTILINE)


async def check_key(request: object, api_key: str) -> UserAPIKeyAuth:
    """Lets the master key in. Without a database litellm itself answers a wrong one with 400."""
    if api_key != os.environ["LITELLM_MASTER_KEY"]:
        raise ProxyException("Incorrect API key provided.", "invalid_request_error", None, 401)
    return UserAPIKeyAuth(api_key=api_key)


def quoted(message: str) -> str:
    """The first sentence of each numbered passage in the prompt, word for word, with its mark.

    A prompt that asks to reword a question (`prompts/condense.txt`) gets that question back, and
    any other prompt itself.
    """
    sentences = []
    for number, text in _PASSAGE.findall(message):
        first = _FIRST_SENTENCE.match(text)
        body, stop = first.groups() if first else (text.strip(), ".")
        sentences.append(f"{body} [{number}]{stop}")
    if sentences:
        return " ".join(sentences)
    asked = _NEXT_MESSAGE.search(message)
    return asked.group(1) if asked else message


class Echo(litellm.CustomLLM):  # type: ignore[misc]  # litellm isn't installed beside mypy
    """A model that quotes what it was given."""

    async def acompletion(self, *_: Any, **asked: Any) -> litellm.ModelResponse:
        """The whole answer at once."""
        messages = asked["messages"]
        return litellm.mock_completion(
            asked["model"], messages, mock_response=quoted(str(messages[-1]["content"]))
        )

    async def astreaming(self, *_: Any, **asked: Any) -> AsyncIterator[dict[str, object]]:
        """The same answer word by word."""
        words = re.findall(r"\S+\s*", quoted(str(asked["messages"][-1]["content"])))
        for word in words:
            yield {"text": word, "is_finished": False, "finish_reason": "", "usage": None}
        yield {"text": "", "is_finished": True, "finish_reason": "stop", "usage": None}


echo = Echo()


def _end_with_the_tests() -> None:
    """Ends the proxy when its standard input closes: the tests are over, or were killed."""
    os.read(0, 1)
    os._exit(0)


threading.Thread(target=_end_with_the_tests, daemon=True).start()
