"""Rehearse a conversation by voice, and get a grade with your own words as evidence."""

__version__ = "0.1.0"
