"""``rtbuild``: a Package in, the bytes of a native package out."""
