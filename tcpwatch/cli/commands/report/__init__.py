"""`tcpwatch report`: everything about now, or about a capture file, in one folder for who was not there."""

from tcpwatch.cli.commands.report.command import run as run
