"""What rtinstall ships: targets, versions, sources, verification, and the Bundle they end in."""

__version__ = "0.1.0"
