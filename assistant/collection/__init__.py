"""Questions about the collection itself, answered from its metadata: no vectors, no model."""
