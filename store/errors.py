"""What can go wrong with a library. Each message is one sentence that says what to do."""

from __future__ import annotations


class LibraryError(Exception):
    """Base of the errors below."""


class LibraryInUse(LibraryError):
    """Another process owns the library."""

    def __init__(self, folder: str, owner: str) -> None:
        self.owner = owner
        super().__init__(
            f"The library {folder} is in use by {owner}: wait until it has finished, or stop it."
        )


class WrongEmbedder(LibraryError):
    """The vectors were made by another embedder than the configured one."""

    def __init__(self, made_with: str, configured: str) -> None:
        super().__init__(
            f"This library was embedded with {made_with}, but {configured} is configured: run "
            "'assistant reindex' to embed it anew, or configure the first again."
        )


class BrokenLibrary(LibraryError):
    """The library's files can't be read."""


class EmbedderFailed(LibraryError):
    """The embeddings endpoint didn't answer as it should."""
