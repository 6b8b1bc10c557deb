"""How AWS API requests and answers travel: bytes to shapes and back. Pure, no I/O, no state beyond caches.

Here: JSON 1.1 (`json11`) with the words in which AWS refuses a wrong JSON type (`mismatch`), the caller's region and
account out of a signature (`sigv4`), and pagination tokens (`tokens`).

Elsewhere: which operation is called and what it does (`kecs.services`), the HTTP around it (`kecs.server`).
"""
