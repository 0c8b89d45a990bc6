"""`tcpwatch demo`: a dashboard, a text, or recordings."""

from tcpwatch.cli.commands.demo.command import run as run
