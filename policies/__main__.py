"""Started by the engine: `pulumi preview --policy-pack policies`."""

import sys
from pathlib import Path

# The engine runs this file with the pack's own folder on the path; the package is in the folder above.
_PACK = Path(__file__).resolve().parent
sys.path[:] = [str(_PACK.parent), *(path for path in sys.path if Path(path).resolve() != _PACK)]

from policies.pack import serve  # noqa: E402 (needs the path)

if __name__ == "__main__":
    serve()
