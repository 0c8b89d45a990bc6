"""The Textual front end. Only this package knows Textual."""
