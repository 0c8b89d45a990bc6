"""What is read from /proc and /sys."""
