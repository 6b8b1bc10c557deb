"""The command line: `kecs serve`, `kecs reset`, `kecs version`.

Here: the flags and what they mean (`flags`), the settings that they make (`settings`), and one file per command that
imports what it needs only when it runs, so that `kecs --help` is quick.

Elsewhere: everything that a command does (`kecs.compose`).
"""
