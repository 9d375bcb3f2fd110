"""The smoke checks on another machine, which has nothing of ours but a shell and an SSH server.

``address`` reads ``ssh://user@host:port``, ``connection`` speaks through the user's own OpenSSH
client, ``posix`` and ``windows`` say the same few things to the two kinds of systems, ``installers``
is the table of their own tools, and ``visit`` is the whole: copy, install, check, remove.

What can be known without running is known on this side: the package is unpacked here, and its paths
are told to the other machine as it will see them.
"""
