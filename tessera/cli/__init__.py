"""The command line: the same steps as the DAGs, with plain arguments.

Modules here import what they run inside the commands, so that ``tessera --help`` answers at once.
"""

from tessera.cli.application import app

__all__ = ["app"]
