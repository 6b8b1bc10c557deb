"""Which tests of tools are run."""

import os

# They build programs for many minutes the first time; KECS_TEST_WITH names those to try.
collect_ignore = [] if os.environ.get("KECS_TEST_WITH") else ["test_companions.py"]
