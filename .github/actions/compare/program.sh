#!/usr/bin/env bash
# The headless program, from the folder where the cache put it, or built: no tests, no dashboard.
#   MESHMALL_FOLDER   where it is kept (the output `folder` of revision.sh)
# Prints, and gives the step's output: program, its path.
set -eu -o pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../.." && pwd)
program=${MESHMALL_FOLDER:?the folder that revision.sh names}/meshmall

if [ -x "$program" ] && ! "$program" --version >/dev/null 2>&1 && command -v apt-get >/dev/null; then
  # From the cache of a machine that had RE2 and yaml-cpp, on one that has not.
  as_root=()
  if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
  { ${as_root[@]+"${as_root[@]}"} apt-get -q -y update && ${as_root[@]+"${as_root[@]}"} apt-get -q -y install --no-install-recommends libre2-dev libyaml-cpp-dev; } >/dev/null || true
fi
if ! "$program" --version >/dev/null 2>&1; then
  "$root/mall" build
  mkdir -p -- "$MESHMALL_FOLDER"
  cp -- "$root/build/release/meshmall" "$program.part"
  mv -- "$program.part" "$program"
fi
"$program" --version
echo "program=$program"
if [ -n "${GITHUB_OUTPUT:-}" ]; then printf 'program=%s\n' "$program" >>"$GITHUB_OUTPUT"; fi
