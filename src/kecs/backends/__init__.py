"""The Kubernetes that kecs works on: the embedded one, or a cluster of one's own.

Here: what `kecs.compose` needs of either (`backend`), opening each of them with a process's settings (`embedded`,
`remote`), and why it cannot be opened, in a line for the user. The only package that knows both.

Elsewhere: everything above the Kubernetes API, which cannot tell the difference.
"""
