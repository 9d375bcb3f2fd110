"""The one writer of rpms: what a system's package of Node.js is like stands in a profile beside it."""
