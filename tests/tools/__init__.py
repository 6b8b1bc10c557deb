"""The tools of contributors."""
