"""What an installed runtime must be able to do, and how to run that on this machine.

``locate`` finds a runtime below a path, ``smoke`` runs the table of checks with it, ``report`` says
what came of it. The checks themselves are JavaScript, one file each in ``checks/``: they print one
line of JSON as evidence, listen on loopback only, and stop by themselves.
"""
