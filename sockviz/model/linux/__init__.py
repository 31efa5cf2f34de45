"""Linux's numbers by their names: one table, the same on every Python and every kernel, whichever system reads it. Pure.

The numbers are those of x86-64, and of asm-generic, which aarch64, riscv64 and most others use; where these differ among each
other the module says so. Alpha, MIPS, PA-RISC, PowerPC and SPARC number socket options, errors, signals or flags of files in
their own ways: there a lesson is performed with Python's numbers (see `sockviz.calls.constants`), and some are shown wrong.
"""
