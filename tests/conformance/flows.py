"""All flows."""

from __future__ import annotations

from conformance import chat_flows, spoken_flows, typed_flows

FLOWS = (*typed_flows.FLOWS, *chat_flows.FLOWS, *spoken_flows.FLOWS)
