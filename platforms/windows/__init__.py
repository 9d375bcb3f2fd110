"""Windows: a Bundle as an MSI package and as a zip archive."""
