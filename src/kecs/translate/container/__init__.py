"""One container of a task definition as a container of a pod, a file per family of fields.

Each family is a function from a `Part` (a container, its overrides, its place in the pod) to the members that it
contributes; `make` puts them together. What concerns the whole pod (volumes, host names, sysctls) is beside this
package.
"""
