#!/usr/bin/env bash
# A full disk, a read-only one, another process in the folder: each verb that writes a folder says so, ends with its code, and loses nothing.
# usage: folder_trouble_test.sh PATH_OF_MESHMALL     77: no file system of one's own can be mounted here
# shellcheck disable=SC2317
set -u
if [ "${MESHMALL_OWN_MOUNTS:-}" != yes ]; then
  how=(unshare -m)
  if [ "$(id -u)" != 0 ]; then how=(unshare -r -m); fi
  probe=$(mktemp -d)
  if ! "${how[@]}" mount -t tmpfs -o size=64k none "$probe" 2>/dev/null; then
    rmdir -- "$probe"
    echo "skipped: mounting a small tmpfs needs root or user namespaces (unshare -m)"
    exit 77
  fi
  rmdir -- "$probe"
  MESHMALL_OWN_MOUNTS=yes exec "${how[@]}" "$BASH" "$0" "$@"
fi
program=$(readlink -f -- "$1")
work=$(mktemp -d)
trap 'umount -l -- "$work/disk" 2>/dev/null; rm -rf -- "$work"' EXIT
mkdir -- "$work/disk"
cd -- "$work" || exit 1
failures=0

# expect NAME CONDITION...: one line a check.
expect() {
  local name=$1
  shift
  if "$@"; then echo "ok      $name"; else
    echo "FAILED  $name: $*"
    sed 's/^/          /' err
    failures=$((failures + 1))
  fi
}
equal() { [ "$1" = "$2" ]; }
says() { grep -q -e "$1" err; }
same() { diff -r --exclude=.lock --exclude=journal "$1" "$2" >&2; }

cat >shop.json <<'JSON'
{"meshmall": 1, "name": "shop", "run": {"duration": "4s", "warmup": "1s"},
 "services": {"counter": {"versions": {"v1": {"replicas": 2}}, "operations": {"serve": {"steps": [{"busy": {"exponential": {"mean": "5ms"}}}]}}}},
 "traffic": [{"name": "lunch", "to": "counter/serve", "arrivals": {"poisson": {"rate": "150/s"}}}]}
JSON
cat >study.json <<'JSON'
{"meshmallStudy": 1, "name": "lines", "scenario": "shop.json", "replications": 40,
 "variants": {"baseline": {}, "random": {"patch": {"mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}}}}}, "fast": {"set": {"/services/counter/versions/v1/speed": 1.2}}}}
JSON
"$program" batch study.json -o shard1 --shard 1/2 -q && "$program" batch study.json -o shard2 --shard 2/2 -q || exit 1

# Each verb with the file that it writes last; the first word of the rest is how it goes on.
verb() {
  case $1 in
    batch) set -- batch study.json ;;
    merge) set -- merge shard1 shard2 ;;
    compare) set -- compare shop.json shop.json --replications 10 --formats md,junit,json,csv ;;
    rank) set -- rank study.json --metric latency.mean --delta 0.02% --max-replications 40 ;;
    plan) set -- plan study.json --pilot 40 ;;
  esac
  "$program" "$@" "${more[@]}" >out 2>err
}
last() {
  case $1 in
    batch | merge) echo results.json ;;
    compare) echo comparison.json ;;
    rank) echo ranking.json ;;
    plan) echo plan.json ;;
  esac
}

for name in batch merge compare rank plan; do
  more=(-o whole-"$name" -q)
  if [ "$name" = compare ]; then more=(-o whole-compare); fi
  verb "$name"
  expect "$name: runs where there is room" equal $? 0
  quiet=("${more[@]:2}")
  resume=()
  case $name in batch | rank | plan) resume=(--resume) ;; esac

  # Too little room: full before it is done, with something of another's on the disk.
  mount -t tmpfs -o size=24k none disk
  printf keep >disk/keep
  more=(-o disk/out "${quiet[@]}" "${resume[@]}")
  verb "$name"
  expect "$name: a full disk is code 6" equal $? 6
  expect "$name: and says so" says "No space left on device"
  expect "$name: the results are not there by half" test ! -e "disk/out/$(last "$name")" -a -z "$(find disk -name '*.part')"
  expect "$name: nothing else is touched" equal "$(cat disk/keep)" keep
  if [ "${#resume[@]}" -gt 0 ]; then expect "$name: and how to go on" says "kept"; fi
  mount -o remount,size=64m disk
  verb "$name"
  expect "$name: with room it is done" equal $? 0
  if [ "$name" != plan ]; then expect "$name: as if nothing had been" same "whole-$name" disk/out; fi

  # Read-only, over what is there.
  cp -r disk/out before
  mount -o remount,ro disk
  verb "$name"
  expect "$name: a read-only folder is code 6" equal $? 6
  expect "$name: and says so" says "Read-only file system"
  expect "$name: what was there is there" same before disk/out
  mount -o remount,rw disk
  rm -rf before

  # Another process holds the folder.
  exec 7>>disk/out/.lock
  flock 7
  cp -r disk/out before
  verb "$name"
  expect "$name: a folder in use is code 5" equal $? 5
  expect "$name: and says so" says "another run is writing there"
  expect "$name: what the other has is left alone" same before disk/out
  exec 7>&-
  verb "$name"
  expect "$name: afterwards it goes" equal $? 0
  rm -rf before
  umount disk
done
exit $((failures > 0))
