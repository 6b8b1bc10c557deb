"""The columns of tables: which ones a kind has, and what stands in them for an object.

They are those that a real cluster shows, a file per family of kinds; `named` is the table of them all, `custom` makes
them from a custom resource's definition, `base` is what they are written with. Everything here is a pure function of an
object and the time.
"""
