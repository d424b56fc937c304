"""Letting a browser into a call: the way from a request to an entry in the record, the same on every host."""
