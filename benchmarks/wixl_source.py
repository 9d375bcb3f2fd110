"""Write the source that wixl makes an .msi of, for a runtime on disk: what ``packages.py`` times it on.

Usage: python wixl_source.py TREE OUT

The same files below the same folder, in one embedded cabinet, and one component a folder, as in our
own .msi; nothing else of what ours holds (dialogs, shortcuts, PATH). wixl takes no absolute paths,
and is to be run in TREE.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement

NAMESPACE = "http://schemas.microsoft.com/wix/2006/wi"
UPGRADE_CODE = "0F6E7B5C-5A9E-4C54-8F0B-6A3E6D0B7C11"  # any will do: nobody installs this
FOLDERS = (("TARGETDIR", "SourceDir"), ("ProgramFiles64Folder", ""), ("INSTALLDIR", "nodejs"))


def main() -> None:
    """Write the product, then every folder with its component."""
    tree, out = map(Path, sys.argv[1:])
    wix = Element("Wix", xmlns=NAMESPACE)
    product = SubElement(
        wix, "Product", Id="*", Name="Node.js", Version="24.19.0", Language="1033",
        Manufacturer="A", UpgradeCode=UPGRADE_CODE,
    )  # fmt: skip
    SubElement(product, "Package", InstallerVersion="500", Compressed="yes")
    SubElement(product, "Media", Id="1", Cabinet="node.cab", EmbedCab="yes")
    parent = product
    for name, title in FOLDERS:
        parent = SubElement(parent, "Directory", {"Id": name} | ({"Name": title} if title else {}))
    feature = SubElement(product, "Feature", Id="All", Level="1")

    numbers = count(1)
    elements = {tree: parent}
    for folder in [tree, *sorted(path for path in tree.rglob("*") if path.is_dir())]:
        if folder != tree:
            elements[folder] = SubElement(
                elements[folder.parent], "Directory", Id=f"d{next(numbers)}", Name=folder.name
            )
        files = sorted(path for path in folder.iterdir() if path.is_file())
        if not files:
            continue
        name = f"c{next(numbers)}"
        component = SubElement(elements[folder], "Component", Id=name, Guid="*", Win64="yes")
        SubElement(feature, "ComponentRef", Id=name)
        for file in files:
            facts = {"Id": f"f{next(numbers)}", "Source": f"./{file.relative_to(tree)}"}
            SubElement(component, "File", facts | ({"KeyPath": "yes"} if file is files[0] else {}))
    ElementTree(wix).write(out, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    main()
