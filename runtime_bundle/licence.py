"""The licence of a runtime whose source leaves it out.

A wheel carries only the licence of those who made the wheel, a package of the npm registry for
Windows none. Node.js asks for its notice in every copy, so the notice is put there; the long list
of licences of the libraries inside is named by its address.
"""

from __future__ import annotations

from rtinstall.runtime_bundle.model import Entry, File

NOTICE = """\
Node.js is licensed for use as follows:

Copyright Node.js contributors. All rights reserved.
Copyright Joyent, Inc. and other Node contributors. All rights reserved.

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to
deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or
sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING
FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.

The libraries that Node.js contains have licences of their own. They are listed
in full in the file LICENSE of its source: https://github.com/nodejs/node
"""
WHEEL = """
The wheel that this copy was taken from is licensed as follows:

"""


def licence_of_wheel(entry: Entry) -> Entry:
    """Return Node.js's notice with the wheel's own licence behind it, as LICENSE."""
    own = b"".join(entry.content.chunks()) if isinstance(entry, File) else b""
    return File.of("LICENSE", (NOTICE + WHEEL).encode() + own)
