#!/bin/busybox sh
# The kernel's first program, in its first files: finds the disks and hands over to start.sh on them.
/bin/busybox mkdir -p /proc /sys /dev /new
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
while read -r module; do
  /bin/busybox insmod "/modules/$module" || echo "cannot load $module"
done < /modules/order
tries=0
while [ ! -b /dev/vdd ] && [ $tries -lt 300 ]; do
  /bin/busybox usleep 100000
  tries=$((tries + 1))
done
# Into memory: what waits for a disk waits by another clock than the guest's, which would run ahead.
/bin/busybox mount -t tmpfs -o mode=755,size=75% new /new
while read -r disk place; do
  /bin/busybox mkdir -p "/disk/$disk" "/new/$place"
  /bin/busybox mount -t ext4 -o ro "/dev/$disk" "/disk/$disk" || exec /bin/busybox poweroff -f
  /bin/busybox cp -a "/disk/$disk/." "/new/$place"
  /bin/busybox umount "/disk/$disk"
done <<END
vda .
vdb lib/modules
vdc opt
END
/bin/busybox chmod 1777 /new/tmp
/bin/busybox cp -r /guest /new/run/guest
for directory in proc sys dev; do
  /bin/busybox mount --move /$directory /new/$directory
done
exec /bin/busybox switch_root /new /bin/busybox sh /run/guest/start.sh
