"""What the project is made with: run from the Makefile, no part of the program."""
