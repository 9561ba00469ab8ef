"""Windows of time, table schemas, the Delta store and the query engine: what every other package stands on."""
