"""FreeBSD package repositories, their reading half: catalogue, signature, sums, keys.

Pure: bytes come in, nothing here knows a network or a disk. Written down in pkg-repository(5),
pkg-repo(8) and pkg.conf(5); where these are silent, what pkg(8) does is what counts.
"""
