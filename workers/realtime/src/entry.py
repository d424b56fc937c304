"""What Cloudflare starts. It finds the two classes by their names."""

from vivavoce.hosts.cloudflare.session_object import RealtimeSession
from vivavoce.hosts.cloudflare.worker import Default

__all__ = ["Default", "RealtimeSession"]
