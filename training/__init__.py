"""Backtests, strategies, the gate, and the registry of who serves: how a segment model earns its users."""
