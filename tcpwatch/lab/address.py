"""Where the lab plays: one address of loopback, and the port that its server has unless another one is asked for."""

HOST = "127.0.0.1"
PORT = 9999
