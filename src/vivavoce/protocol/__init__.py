"""The words of the wire: reading, checking, rebuilding and redacting Realtime events. Standard library only."""
