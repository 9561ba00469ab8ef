"""Drift per segment, verdicts with a cause, the mail that tells people, and daily KPIs."""
