"""What the kernel says of a container that it killed, for engines that do not pass it on.

Podman on a machine with version 1 of control groups shows a container that ran out of memory as merely killed. The
kernel's log names the control group, and so the container.
"""

import os
from pathlib import Path

_LOG = Path("/dev/kmsg")
_RECORD = 8192


def ran_out_of_memory(container: str) -> bool:
    """Tell whether the kernel's log has a container killed for its memory; False where the log cannot be read."""
    wanted = f"libpod-{container}".encode()
    try:
        log = os.open(_LOG, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        while True:
            try:
                record = os.read(log, _RECORD)
            except BrokenPipeError:
                continue  # records were overwritten while they were read
            except OSError:
                return False  # nothing more
            if b"oom-kill:" in record and wanted in record:
                return True
    finally:
        os.close(log)
