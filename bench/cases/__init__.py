"""One measurement a file; each has `measure()`, which returns the rows that it found."""
