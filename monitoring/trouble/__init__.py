"""Broken data told from drift: what is wrong with the events themselves, and the events without it."""

from monitoring.trouble.finding import find_troubles
from monitoring.trouble.healing import without_suspects, without_trouble
from monitoring.trouble.trouble import Trouble, TroubleKind
from monitoring.trouble_settings import TroubleSettings

__all__ = ["Trouble", "TroubleKind", "TroubleSettings", "find_troubles", "without_suspects", "without_trouble"]
