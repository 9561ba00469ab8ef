"""The words of the simulated shop: categories, styles, tiers and what items made of them are called."""

from __future__ import annotations

from typing import Final

from interactions.schema import EventType

EVENT_TYPES: Final = tuple(
    kind.value
    for kind in (
        EventType.VIEW,
        EventType.CLICK,
        EventType.DWELL,
        EventType.ADD_TO_CART,
        EventType.WISHLIST,
        EventType.PURCHASE,
        EventType.RETURN,
        EventType.RATING,
    )
)
VIEW, CLICK, DWELL, CART, WISH, PURCHASE, RETURN, RATING = range(len(EVENT_TYPES))

DEVICES: Final = ("mobile", "desktop", "tablet")
CHANNELS: Final = ("app", "search", "email", "social", "direct", "ads")
DAY_PARTS: Final = ("night", "morning", "afternoon", "evening")
TIERS: Final = ("budget", "mid", "premium")
PAGES: Final = ("listing", "search", "popular", "history")

TIER_FACTOR: Final = (0.45, 1.0, 2.4)

# category: (typical price, what it sells, words of its descriptions)
CATEGORIES: Final[dict[str, tuple[float, tuple[str, ...], tuple[str, ...]]]] = {
    "electronics": (90.0, ("headphones", "speaker", "charger", "keyboard", "camera"), ("battery", "wireless", "usb")),
    "fashion": (45.0, ("jacket", "dress", "jeans", "sweater", "shirt"), ("cotton", "fit", "seasonal")),
    "accessories": (25.0, ("watch", "bag", "belt", "scarf", "wallet"), ("leather", "clasp", "everyday")),
    "beauty": (20.0, ("serum", "lipstick", "shampoo", "perfume", "cream"), ("skin", "scent", "gentle")),
    "home": (60.0, ("lamp", "cushion", "rug", "shelf", "mirror"), ("living", "oak", "interior")),
    "kitchen": (40.0, ("pan", "kettle", "knife", "blender", "bowl"), ("steel", "cooking", "ceramic")),
    "kids": (25.0, ("puzzle", "plush", "pram", "crayons", "blocks"), ("child", "playful", "safe")),
    "games": (40.0, ("boardgame", "controller", "console", "dice", "figurine"), ("players", "level", "edition")),
    "books": (18.0, ("novel", "atlas", "biography", "cookbook", "anthology"), ("pages", "author", "hardcover")),
    "sports": (55.0, ("racket", "dumbbell", "leggings", "bottle", "tent"), ("training", "outdoor", "grip")),
    "tools": (50.0, ("drill", "hammer", "saw", "toolbox", "ladder"), ("workshop", "torque", "repair")),
    "garden": (35.0, ("planter", "hose", "seeds", "bench", "shears"), ("plants", "terrace", "weatherproof")),
}

STYLES: Final[dict[str, tuple[str, ...]]] = {
    "minimal": ("minimal", "plain", "slim"),
    "rustic": ("rustic", "handmade", "natural"),
    "retro": ("retro", "vintage", "classic"),
    "vivid": ("vivid", "colourful", "bold"),
    "technical": ("technical", "precise", "modular"),
    "romantic": ("romantic", "soft", "floral"),
}

BRAND_SYLLABLES: Final = (("Nor", "Val", "Mio", "Ker", "Alt", "Sol"), ("da", "vik", "lo", "ren", "sa", "tek"))
