"""The spine's own search: every generator's parameters, then the weights of the linear blend over them."""

from training.tuning.blend import TunedBlend, search_blend
from training.tuning.generators import TunedGenerator, search_generator
from training.tuning.ranges import usual_generators
from training.tuning.spine import SpineSearch, SpineSearchSettings, search_spine
from training.tuning.timed import timed_windows
from training.tuning.windows import TuningWindow

__all__ = [
    "SpineSearch",
    "SpineSearchSettings",
    "TunedBlend",
    "TunedGenerator",
    "TuningWindow",
    "search_blend",
    "search_generator",
    "search_spine",
    "timed_windows",
    "usual_generators",
]
