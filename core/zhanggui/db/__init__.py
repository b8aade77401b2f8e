"""Tables, types, the engine and the unit of work."""
