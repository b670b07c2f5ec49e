"""What holds for every test: properties are tried on the same examples each time, however slow the machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("takeoff", deadline=None, derandomize=True)
settings.load_profile("takeoff")
