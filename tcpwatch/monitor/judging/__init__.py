"""What the rules of `diagnose` are asked about: sockets and what happened to them, brought together dump by dump."""
