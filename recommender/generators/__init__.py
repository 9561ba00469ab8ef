"""Candidate generators: each scores the whole catalogue from a history alone."""

from recommender.generators.als import ALS
from recommender.generators.content import Content
from recommender.generators.item_item import ItemItem
from recommender.generators.popularity import Popularity
from recommender.generators.protocol import Generator, TrainingData

__all__ = ["ALS", "Content", "Generator", "ItemItem", "Popularity", "TrainingData"]
