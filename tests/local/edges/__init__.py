"""What `make sabotage` takes away, one at a time, and the tests that must miss it: EDGES of each module here."""

import importlib
import pkgutil

from tests.local.edges.edge import Sabotage

_PARTS = sorted(each.name for each in pkgutil.iter_modules(__path__) if each.name != "edge")
SABOTAGES: tuple[Sabotage, ...] = tuple(
    edge for part in _PARTS for edge in importlib.import_module(f"{__name__}.{part}").EDGES
)
