"""What models read, made the same way at training and at serving."""

from recommender.preprocessing.preprocessing import Preprocessing
from recommender.preprocessing.ratings import RatingMeans
from recommender.preprocessing.settings import PreprocessingSettings
from recommender.preprocessing.table import TableEncoding

__all__ = ["Preprocessing", "PreprocessingSettings", "RatingMeans", "TableEncoding"]
