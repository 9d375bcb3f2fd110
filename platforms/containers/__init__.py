"""Writing halves of containers: bytes only; they know neither packages nor Node.js."""
