"""`make bench`: every benchmark, one after another."""

from tests.perf import files, sockets

files.main()
sockets.main()
