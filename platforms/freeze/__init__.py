"""``rtinstall`` made ready for machines: frozen with a Python of its own, or as a zipapp for theirs."""
