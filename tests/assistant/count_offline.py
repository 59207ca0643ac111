"""Counts tokens in a process of its own that may reach no network; prints the counts as JSON.

The arguments are model names. Whatever looks up a name or opens a connection ends the program.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

TEXT = "Lantern Sort needs 38% fewer comparisons. <|endoftext|> – α 🙂 don't"


def block(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.connect", "socket.gethostbyname"):
        os.write(2, f"networking is blocked: {event} {arguments}\n".encode())
        os._exit(99)


if __name__ == "__main__":
    sys.addaudithook(block)
    from assistant.tokens import count_tokens

    print(json.dumps({model: count_tokens(TEXT, model) for model in sys.argv[1:]}))
