"""What runs inside containers, functions and jobs; one folder per model."""

import os

# onnxruntime's wheels send events to their maker from the moment they are imported, unless told not to.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
