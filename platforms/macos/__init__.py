"""macOS: a Bundle as a flat installer package."""
