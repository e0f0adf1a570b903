"""Where the real order log lies: LAKEHOUSE_ONLINE_RETAIL, else beside the project."""

import os
from pathlib import Path

_BESIDE = Path(__file__).parents[2] / "shared/data/online-retail.csv.gz"
ONLINE_RETAIL = Path(os.environ.get("LAKEHOUSE_ONLINE_RETAIL", _BESIDE))
