"""The native server: HTTP, sockets, threads, SQLite and speech models."""
