// Texts of unknown origin (names, rules, values of a file) made harmless for the form they are written in. Each function takes the text as it is; none is applied
// to the output of another. Whatever the text, the result holds no control character, no character that changes the direction of text, no byte that is not UTF-8,
// and nothing that the form would take for structure. `limit` cuts after so many bytes of the readable form, with "..." (never inside a character).
//
// CSV is the exception: data are kept as they are, so that they can be read back; RFC 4180 and the rule against formulas only.
// Sources: XML 1.0 production 2; CommonMark 0.31 (an entity is never structure); OpenMetrics 1.0 (label values); the escapes of GitHub's workflow commands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meshmall::engine {

inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

// The readable form: control characters (C0, C1, DEL), text-direction marks and noncharacters as \uXXXX, bytes that are not UTF-8 as \xXX.
std::string printable(std::string_view text, std::size_t limit = 120);

// For XML, between tags and in attributes of either quote.
std::string xmlText(std::string_view text, std::size_t limit = kNoLimit);
// For HTML, likewise; two slashes in a row are written so that the source holds no address.
std::string htmlText(std::string_view text, std::size_t limit = 200);
// For Markdown, also in a table: <code>...</code>, punctuation as entities, so that nothing is a mark-up, a link, a mention or the end of a cell.
std::string markdownCode(std::string_view text, std::size_t limit = 200);
// The same as prose. After "@" and "#" stands a word joiner, so that nobody is mentioned and no issue is linked.
std::string markdownProse(std::string_view text, std::size_t limit = 400);
// One field. A text that a spreadsheet would take for a formula (it starts with = + - @, a tab or the end of a line) gets an apostrophe before it.
std::string csvField(std::string_view text);
// The value of a label, without the quotes around it.
std::string openMetricsLabel(std::string_view text);
// A message, and a property (file=, title=), of a workflow command.
std::string annotationMessage(std::string_view text, std::size_t limit = 1000);
std::string annotationProperty(std::string_view text, std::size_t limit = 400);
// A text of several lines for a log that workflow commands are read from: what looks like a command there is none any more.
std::string withoutWorkflowCommands(std::string_view text);

}  // namespace meshmall::engine
