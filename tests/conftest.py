"""What all tests share."""

from hypothesis import settings

# a deadline measures the machine's load, not the code: timed things are benchmarks
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
