"""The verbs of ``rtbuild``, one file each."""
