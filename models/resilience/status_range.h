// A half-open range of HTTP statuses, as Envoy's Int64Range: [start, end). Limiting case: end <= start holds nothing; the decoder refuses it.
#pragma once

namespace meshmall::models {

struct StatusRange {
  int start = 200, end = 201;

  bool has(int status) const { return status >= start && status < end; }
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

}  // namespace meshmall::models
