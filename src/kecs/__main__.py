"""`python -m kecs` is `kecs`."""

import sys

from kecs.cli import main

sys.exit(main())
