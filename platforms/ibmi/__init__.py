"""Packages for IBM i: a Bundle as an rpm for PASE, below /QOpenSys/pkgs."""
