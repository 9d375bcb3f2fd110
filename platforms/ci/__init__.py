"""What a build server does with one package of a release, done on whatever machine this is.

``candidates`` finds the package and the older one it is upgraded from, ``place`` makes the system
ready (this machine, a container, a root directory, a machine far away), ``course`` goes through the
steps, and ``trial`` is the whole. All systems are asked the same things, by the same code as in
:mod:`rtinstall.platforms.smoke.ssh`.
"""
