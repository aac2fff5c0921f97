// Which slice of a batch this process makes: --shard k/n, else what the scheduler that started it says in the environment.
//
// Slurm arrays: SLURM_ARRAY_TASK_ID, _MIN, _STEP and _COUNT (k = (ID - MIN) / STEP + 1; indexes with gaps are refused). Kubernetes' indexed Jobs:
// JOB_COMPLETION_INDEX (from 0); Kubernetes does not tell how many there are, so the manifest sets MESHMALL_SHARDS. Open MPI: OMPI_COMM_WORLD_RANK (from 0),
// OMPI_COMM_WORLD_SIZE. Sources: the manuals of sbatch, Kubernetes Jobs and mpirun.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "engine/experiment/replication_plan.h"

namespace meshmall::cli {

struct ShardChoice {
  engine::Shard shard;
  std::string from;  // "SLURM_ARRAY_TASK_ID=3"; empty: the call, or nobody asked
};

// `option`: of --shard; empty: not given. `variable`: of the environment, nullptr when it is not set. A text: what is wrong.
std::variant<ShardChoice, std::string> chooseShard(const std::string& option, const std::function<const char*(const char*)>& variable);

}  // namespace meshmall::cli
