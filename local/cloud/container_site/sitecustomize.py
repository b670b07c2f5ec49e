"""Hides the repository from container processes: what an image does not copy must be missing here as it is on AWS."""

import sys
from pathlib import Path

REPOSITORY = str(Path(__file__).resolve().parents[3])
sys.path[:] = [path for path in sys.path if path != REPOSITORY]
