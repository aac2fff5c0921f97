// A comparison as GitHub Flavoured Markdown, for a job summary or as a comment that is found again and replaced. Headline; what does not stand well, worst first; what
// else moved and what differs; all rules and the method, folded. At most `limit` bytes: what does not fit is cut at whole rows, and the text says how much.
// Nothing a file says is read as mark-up, link or mention (escaping.h). The same report gives the same bytes.
// Sources: GitHub's limits (a step's summary 1,024 KiB, a comment 65,536 characters); GFM tables.
#pragma once

#include <cstddef>
#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

inline constexpr std::size_t kSummaryLimit = 1024 * 1024;
inline constexpr std::size_t kCommentLimit = 65'536;

// `limit` below 16 KiB is taken as 16 KiB.
std::string comparisonMarkdown(const ComparisonReport& report, std::size_t limit = kSummaryLimit);

// The same after commentMarker(report), within a comment's limit.
std::string comparisonComment(const ComparisonReport& report);

// "<!-- meshmall-compare:KEY -->", unseen: by it a later run finds its comment. KEY is the candidate as the call named it without its revision, so that it stays
// from push to push; letters, digits, "." and "/" of it, anything else becomes "_".
std::string commentMarker(const ComparisonReport& report);

}  // namespace meshmall::engine
