"""Loading a model on onnxruntime, on the processor."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from vivavoce.hosts.native.models import ModelError


def load(path: Path, *, threads: int = 1) -> onnxruntime.InferenceSession:
    """Raises ModelError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait for each other in a loop take a quarter more of the processor, and it is others that need it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # its warnings are for those who make models
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own are of no common kind
        raise ModelError(f"{path} cannot be used ({error}). Get it again if it was not copied whole.") from error
