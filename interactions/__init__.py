"""Events: schema, readers, validation, quarantine, weights, simulation and feature definitions."""
