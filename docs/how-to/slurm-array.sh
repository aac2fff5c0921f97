#!/usr/bin/env bash
# One batch as an array of Slurm tasks, each a shard. Submit it, and the merge that waits for it:
#
#   array=$(sbatch --parsable --array=1-4 docs/how-to/slurm-array.sh STUDY OUT)
#   sbatch --dependency=afterok:$array --wrap "meshmall merge OUT/shard-* -o OUT"
#
# STUDY and OUT are on a file system that all nodes share. A task that was killed (time limit, node failure) goes on where it stopped when it is requeued.
#SBATCH --job-name=meshmall
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=02:00:00
#SBATCH --requeue
set -eu
study=$1
out=$2
# Which slice of how many this is, meshmall reads from SLURM_ARRAY_TASK_ID, _MIN, _STEP and _COUNT.
exec "${MESHMALL:-meshmall}" batch "$study" -o "$out/shard-$SLURM_ARRAY_TASK_ID" --jobs "${SLURM_CPUS_PER_TASK:-1}" --resume --quiet
