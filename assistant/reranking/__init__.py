"""Rerankers: from the candidates of a search to a better order of them, for those who have one."""
