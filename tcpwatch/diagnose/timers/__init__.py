"""What a timer waits for, what sets it, and when the kernel gives up."""
