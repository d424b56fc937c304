"""The actor of one call: inputs in, effects out. It never waits, and knows no clock and no socket."""
