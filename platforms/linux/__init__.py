"""Packages for Linux: deb, rpm, apk, Arch, and tarballs in the upstream layout."""
