"""FreeBSD: a Bundle as a package of pkg(8)."""
