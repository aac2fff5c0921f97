#!/usr/bin/env bash
# Which program this is: a checksum of everything it is built from, the machine's kind with it. The same sources never build twice while the cache holds them.
# Prints, and gives the step's outputs: folder, where the program is kept; key, what the cache calls it.
set -eu -o pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../.." && pwd)
cd -- "$root"
sum=$(find CMakeLists.txt CMakePresets.json mall cmake engine models cli scenarios/schema -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
system=$(. /etc/os-release 2>/dev/null && printf '%s%s' "${ID:-linux}" "${VERSION_ID:-}" || printf linux)
folder=${MESHMALL_CACHE:-${HOME:-/tmp}/.cache/meshmall}/$sum
key=meshmall-$system-$(uname -m)-$sum

echo "folder=$folder"
echo "key=$key"
if [ -n "${GITHUB_OUTPUT:-}" ]; then printf 'folder=%s\nkey=%s\n' "$folder" "$key" >>"$GITHUB_OUTPUT"; fi
