"""Who may come in, and what for. Pure rules: addresses, headers, secrets and the time are handed in."""
