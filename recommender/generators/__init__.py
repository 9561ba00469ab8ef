"""Candidate generators: each scores the whole catalogue from a history alone."""
