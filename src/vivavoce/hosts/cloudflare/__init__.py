"""The Worker and the Durable Object: the only place that knows Cloudflare's runtime. It decides nothing of a call."""
