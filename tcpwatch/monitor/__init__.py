"""The only owner of threads and clocks: joins sockets with flows and publishes frozen Snapshots."""
