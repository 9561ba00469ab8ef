"""The recommendation API: a verified local snapshot, the registry's champions, and a ladder that never runs empty."""
