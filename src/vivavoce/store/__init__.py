"""Every SQL statement, and the port it runs on."""
