"""What an installed runtime must be able to do, and how to run that, here or on another machine.

``locate`` finds a runtime below a path, ``run`` goes through the table of checks with it, ``verdict``
judges what they print, ``report`` says what came of it. ``here`` starts a check on this machine,
``ssh`` on another one. The checks themselves are JavaScript, one file each in ``checks/``: they print
one line of JSON as evidence, listen on loopback only, and stop by themselves.
"""
