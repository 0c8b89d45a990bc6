"""What IP packets are wrapped in on their way: tunnels and overlays."""
