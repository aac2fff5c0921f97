#!/usr/bin/env bash
# A batch as an array of four Slurm tasks on a cluster of one node on the loopback interface, started here and ended here, merged, and compared with a single run.
# usage: slurm_test.sh PROGRAM; ends with 77 (skipped) where Slurm is not installed (Debian: slurm-wlm, munge).
set -u
program=$(readlink -f -- "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$PATH:/usr/sbin
for tool in munged slurmctld slurmd sbatch scontrol sinfo; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is not installed (Debian: slurm-wlm and munge)"
    exit 77
  fi
done
if [ "$(id -u)" != 0 ]; then
  echo "skipped: slurmd starts jobs only for root"
  exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/meshmall-slurm-XXXXXX")
daemons=()
end() {
  local pid
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${daemons[@]}"; do wait "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap end EXIT
fail() {
  echo "FAILED: $*"
  tail -n 20 "$work"/*.log "$work"/*.out 2>/dev/null
  exit 1
}
free_port() { # from a range that nobody is given by the system
  local port
  for port in $(seq $((20000 + RANDOM % 8000)) 28999); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

mkdir "$work/state" "$work/spool"
head -c 1024 /dev/urandom >"$work/munge.key"
chmod 400 "$work/munge.key"
munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" --log-file="$work/munged.log" --seed-file="$work/munge.seed" >"$work/munged.out" 2>&1 &
daemons+=($!)
controller=$(free_port)
cat >"$work/slurm.conf" <<CONF
ClusterName=loopback
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$controller
SlurmdPort=$((controller + 1))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=bf_interval=1,sched_interval=1
MailProg=/bin/true
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
echo "CgroupAutomount=no" >"$work/cgroup.conf"
export SLURM_CONF=$work/slurm.conf
slurmctld -D -i -f "$SLURM_CONF" >"$work/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" >"$work/slurmd.out" 2>&1 &
daemons+=($!)
ready=no
for _ in $(seq 300); do
  [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && ready=yes && break
  sleep 0.1 # two daemons have to find each other; there is nothing to wait on
done
[ $ready = yes ] || fail "the loopback cluster did not come up"

cat >"$work/shop.json" <<'JSON'
{"meshmall": 1, "name": "shop", "run": {"duration": "4s", "warmup": "1s"},
 "services": {"counter": {"versions": {"v1": {"replicas": 3}}, "operations": {"GET /": {"steps": [{"busy": {"exponential": {"mean": "10ms"}}}]}}}},
 "traffic": [{"name": "customers", "to": "counter/GET /", "arrivals": {"poisson": {"rate": "150/s"}}}]}
JSON
cat >"$work/study.json" <<'JSON'
{"meshmallStudy": 1, "name": "lines", "scenario": "shop.json", "replications": 10,
 "variants": {"baseline": {}, "random": {"patch": {"mesh": {"defaults": {"trafficPolicy": {"loadBalancer": {"simple": "RANDOM"}}}}}}}}
JSON
"$program" batch "$work/study.json" -o "$work/single" --quiet || fail "the single run"
MESHMALL=$program sbatch --wait --array=1-4 --cpus-per-task=1 --export=ALL --chdir="$work" --output="$work/task-%a.out" "$here/docs/how-to/slurm-array.sh" "$work/study.json" "$work/out" ||
  fail "the array"
for k in 1 2 3 4; do [ -s "$work/out/shard-$k/journal" ] || fail "shard $k left no journal"; done
"$program" merge "$work"/out/shard-* -o "$work/out" --quiet || fail "the merge"
cmp "$work/single/results.json" "$work/out/results.json" || fail "results.json differs"
cmp "$work/single/results.csv" "$work/out/results.csv" || fail "results.csv differs"
echo "four shards by Slurm $(sinfo --version | cut -d' ' -f2), merged: the bytes of the single run"
