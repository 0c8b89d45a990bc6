"""The kernel's own TCP structures, read by small BPF programs that are put together here. I/O.

No compiler and no binary: `btf` finds where this kernel keeps each field, `assembler` writes the instructions, `loader`
hands them to bpf(2). Only what is in `fields` is ever read, and nothing is written.
"""
