"""Performs the course on other kernels: Debian's, booted under qemu without KVM. By hand, before a release."""
