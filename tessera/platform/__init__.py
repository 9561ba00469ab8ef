"""The servers Tessera runs on, described once, for the demo, the end-to-end tests and ``docker/compose.yaml``."""

from tessera.platform.components import Component, components
from tessera.platform.errors import ComponentFailedError, PlatformError, PortTakenError
from tessera.platform.plan import PlatformPlan, Ports
from tessera.platform.supervisor import ComponentEvent, Platform

__all__ = [
    "Component",
    "ComponentEvent",
    "ComponentFailedError",
    "Platform",
    "PlatformError",
    "PlatformPlan",
    "PortTakenError",
    "Ports",
    "components",
]
