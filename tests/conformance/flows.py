"""All flows."""

from __future__ import annotations

from conformance import spoken_flows, typed_flows

FLOWS = (*typed_flows.FLOWS, *spoken_flows.FLOWS)
