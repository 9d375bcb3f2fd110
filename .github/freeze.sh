#!/bin/sh
# Freezes rtinstall in a container of AlmaLinux: the wheel is in wheel/, the result goes to frozen/.
set -eu
dnf install -y -q binutils python3.11 python3.11-pip
python3.11 -m venv /tmp/venv
set -- wheel/*.whl
/tmp/venv/bin/python -m pip install -q "$1[build,freeze]"
/tmp/venv/bin/rtbuild freeze --form onedir --out frozen
