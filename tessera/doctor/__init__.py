"""Is this installation well? Every check gives findings; nothing here prints or mends."""

from tessera.doctor.examination import examine
from tessera.doctor.finding import Finding

__all__ = ["Finding", "examine"]
