"""Entry of `make run` (Q-1)."""

import sys

from csdesk.runner.start import main

sys.exit(main())
