"""An image of kecs without Docker, without a registry and without root, for machines like those of CI.

It has the layers that the Dockerfile makes: a Python, what requirements/runtime.txt pins, kecs itself. The Python is
Debian's, out of its packages. Each layer is made once for what goes into it and kept outside the checkout, and the same
input gives the same bytes.

| module | holds |
|---|---|
| `cli` | what is typed |
| `debian` | Python, of the machine's own package archive |
| `application` | the pinned dependencies, and kecs |
| `layers` | reproducible tars, and where they are kept |
| `archive` | the image around the layers |

The standard library and the machine's own tools (apt-get, dpkg-deb, pip) are all that it needs.
"""
