"""tcpwatch: what the kernel holds, what crossed the wire, and what it means, on one screen.

The layers, each of which may import only what stands below it (the contract is in `pyproject.toml`):

    cli                         words -> sources -> Monitor -> a front end
    tui | report | lab          the dashboard; headless output; real connections to look at
    monitor                     the only owner of threads and clocks: joins sockets with flows, publishes Snapshots
    diagnose | kernel | capture what it means (pure); the socket table (I/O); frames (I/O)
    why                         beside them: what each word on the screen means, in three languages
    tcp                         segments -> flows, steps, states (pure)
    wire                        frame bytes -> Segment (pure)
    text | duration | quantity | system | errors
                                foreign text made harmless; time and numbers in words; C calls; what to do
"""

__version__ = "0.1.0"
