#!/bin/busybox sh
# The guest's first process: makes it a Linux machine that has just been started, has the steps performed, and turns it off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
busybox mkdir -p /dev/pts /dev/shm
busybox mount -t devpts -o mode=620,ptmxmode=666 pts /dev/pts
busybox mount -t tmpfs -o mode=1777 shm /dev/shm
busybox ip link set lo up
busybox hostname guest
# Before Debian 11 ended, its kernels did not allow user namespaces to everybody; since then this is the default.
if [ -e /proc/sys/kernel/unprivileged_userns_clone ]; then
  echo 1 > /proc/sys/kernel/unprivileged_userns_clone
fi
python3 /run/guest/perform.py /run/guest/steps.json /run/guest/results /dev/vdd
busybox sync
busybox poweroff -f
