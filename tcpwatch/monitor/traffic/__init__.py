"""What comes in as it happens: segments, ICMP errors, interruptions, and what the kernel drops and resets."""
