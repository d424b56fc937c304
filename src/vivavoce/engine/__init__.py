"""The embedded upstream: the other end of the Realtime wire, as frames in and effects out."""
