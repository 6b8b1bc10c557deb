"""What kecs costs, measured beside a peer or a floor in the same run.

`python -m bench` prints the table; `python -m bench start requests` measures only those cases. These figures are
ratios wherever a ratio says more than a number: the machines that this runs on are noisy, so both sides are measured
in turn, and medians with their spread are shown. CPU is what the kernel charged to the server's process, not wall time.

`process` starts and watches servers, `load` sends requests, `cases/` holds one measurement a file, `table` prints.
"""
