"""The command line: `kecs serve`, `kecs reset`, `kecs version`.

Here: the flags and what they mean (`flags`), the parser (`parser`), and what each command does before and after it
hands over (`commands`). All of it is imported only when it is needed, so that `kecs --help` is quick.

Elsewhere: the settings that flags make (`kecs.settings`), everything that a command does (`kecs.compose`).
"""


def main() -> int:
    """Run the command line and return the exit code: 0, 1 when something went wrong, 2 when it was called wrongly."""
    from kecs.cli import commands

    return commands.main()
