"""``rtinstall``: the version manager."""
