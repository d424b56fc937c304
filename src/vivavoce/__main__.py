"""`python -m vivavoce`."""

from vivavoce.cli import app

app()
