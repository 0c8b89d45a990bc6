"""Reads the kernel's TCP structures with small BPF programs that are generated here. I/O.

There is no compiler and no binary: `btf` finds the offset of each field in this kernel, `assembler` emits the
instructions, `loader` passes them to bpf(2). Only the fields in `fields` are read, and nothing is written.
"""
