"""What builds, checks and publishes the course: `python -m tools.NAME`, mostly called by `make`."""
