"""Surveys of the library's papers: tables, methods side by side, briefs; each cell cited."""
