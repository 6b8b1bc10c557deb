"""What is collected: the companions' tests only where some are asked for, as a skipped test counts as left out."""

import os

_WANTED = os.environ.get("KECS_TEST_WITH", "").replace(",", " ").split()

collect_ignore = [] if _WANTED else ["test_companions.py", "test_definitions.py"]
if "kwok" not in _WANTED:
    collect_ignore.append("test_simulated_nodes.py")
