"""Where the core meets the world; the only place that awaits."""
