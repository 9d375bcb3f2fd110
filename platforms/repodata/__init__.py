"""The catalogue of a yum or dnf repository: what is written down of packages, never a disk (createrepo)."""
