#!/usr/bin/env bash
# Runs the tests with the newest of every dependency that pyproject.toml allows, on each Python that this machine has.
#
#     tools/newest.sh                     every Python from 3.11 on that it finds
#     tools/newest.sh 3.13                this one
#     tools/newest.sh 3.12 -- tests/model what stands after -- is pytest's
#     tools/newest.sh --list              only says which there are
#
# Pythons are looked for on PATH, in the usual places and among pyenv's. Each gets a fresh virtual environment in a temporary
# directory. Run by root, half of the tests become an ordinary user, who must be able to run that Python: one in a directory that is
# closed to others (/root/.pyenv) is put within reach in a mount namespace of its own; where that is refused those tests are skipped.
# Exit 1 where the tests of one fail or nothing was found.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV || true

say() { printf '\n== %s\n' "$*"; }

# The executables that might be a Python >= 3.11, one a line; those that everybody can run first.
candidates() {
  local directory name
  for directory in /usr/bin /usr/local/bin ${PATH//:/ } /opt/*/bin "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin; do
    for name in python3 python3.{11..19}; do
      [ ! -x "$directory/$name" ] || echo "$directory/$name"
    done
  done
}

# "VERSION EXECUTABLE PREFIX" of each minor version, its first that can make a virtual environment. A pyenv shim or a virtual
# environment's python names the interpreter behind it.
pythons() {
  local ask='import ensurepip, sys, venv
major, minor = sys.version_info[:2]
if (major, minor) < (3, 11) or sys.implementation.name != "cpython" or sys.version_info.releaselevel != "final": sys.exit(1)
print(f"{major}.{minor}", getattr(sys, "_base_executable", sys.executable), sys.base_prefix)'
  candidates | while read -r executable; do "$executable" -I -c "$ask" 2>/dev/null || true; done | sort -s -u -V -k1,1
}

ordinary() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

# Runs a command where everybody can reach the directory $1, as far as this machine allows that.
within_reach() {
  local prefix=$1 closed=$1
  shift
  if [ "$(id -u)" = 0 ] && ! ordinary test -x "$prefix/bin"; then
    # The outermost directory that is closed.
    until ordinary test -x "$(dirname "$closed")"; do closed=$(dirname "$closed"); done
    if [[ "$here/" != "$closed/"* ]] && unshare --mount mount -t tmpfs tmpfs "$closed" 2>/dev/null; then
      # An open one hides it, and what is needed stands in that where it stood.
      # shellcheck disable=SC2016
      set -- unshare --mount bash -euc '
        prefix=$1 closed=$2 aside=$(mktemp -d)
        mount --bind "$prefix" "$aside"
        mount -t tmpfs -o mode=755 tmpfs "$closed"
        mkdir -p "$prefix"
        mount --move "$aside" "$prefix"
        rmdir "$aside"
        exec "${@:3}"' within_reach "$prefix" "$closed" "$@"
    fi
  fi
  "$@"
}

if [ "${1-}" = --list ]; then
  pythons | while read -r version _; do echo "$version"; done
  exit
fi
wanted=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do wanted+=("$1"); shift; done
[ $# -eq 0 ] || shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

tried=() failed=()
while read -r version executable prefix <&3; do
  if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $version "* ]]; then continue; fi
  say "Python $version: $executable"
  tried+=("$version")
  "$executable" -m venv "$work/$version"
  "$work/$version/bin/pip" install -q "$here[test]"
  "$work/$version/bin/pip" list --format=freeze | tr '\n' ' '
  echo
  # shellcheck disable=SC2016
  within_reach "$prefix" bash -c 'cd "$1" && shift && exec "$@"' tests "$here" \
    "$work/$version/bin/python" -m pytest -n logical --dist worksteal "$@" || failed+=("$version")
done 3< <(pythons)

for version in "${wanted[@]}"; do
  [[ " ${tried[*]} " == *" $version "* ]] || { say "no Python $version here"; failed+=("$version"); }
done
[ ${#tried[@]} -gt 0 ] || { say "no Python from 3.11 on here"; exit 1; }
[ ${#failed[@]} -eq 0 ] || { say "failed: ${failed[*]}"; exit 1; }
say "all of it holds on Python ${tried[*]}"
