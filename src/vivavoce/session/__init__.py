"""The actor of one call: inputs in, effects out. No await, no clock, no socket."""
