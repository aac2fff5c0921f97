#include "models/topology/policy_advice.h"

namespace meshmall::models {

Problem advice(const AdviceInput& in, std::string pointer, std::string code, std::string reason, std::string cure) {
  Problem out;
  out.file = in.file;
  out.pointer = std::move(pointer);
  out.message = std::move(reason);
  out.hint = std::move(cure);
  out.severity = Problem::Severity::warning;
  out.code = std::move(code);
  return out;
}

std::vector<Problem> policyAdvice(const AdviceInput& in) {
  std::vector<Problem> out;
  adviseOnRetries(in, out);
  adviseOnLimits(in, out);
  return out;
}

}  // namespace meshmall::models
