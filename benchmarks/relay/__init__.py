"""What a relayed frame costs, beside nginx and the relays that others write: `make bench`."""
