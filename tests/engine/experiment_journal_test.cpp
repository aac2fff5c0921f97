// The journal keeps what was appended, whatever happens to its end.
#include "engine/experiment/journal.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace meshmall::engine {
namespace {

namespace fs = std::filesystem;

class JournalFile : public testing::Test {
 protected:
  JournalFile() {
    std::string pattern = testing::TempDir() + "journal-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/journal";
  }
  ~JournalFile() override { fs::remove_all(folder_); }

  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path_, std::ios::binary).rdbuf();
    return out.str();
  }
  void overwrite(const std::string& with) const { std::ofstream(path_, std::ios::binary) << with; }
  JournalContent append(const std::vector<std::string>& records) const {
    JournalContent content;
    auto journal = Journal::open(path_, content);
    EXPECT_FALSE(std::get<Journal>(journal).append(records));
    EXPECT_FALSE(std::get<Journal>(journal).flush());
    return content;
  }

  std::string folder_, path_;
};

TEST_F(JournalFile, GivesBackWhatWasAppended) {
  EXPECT_EQ(append({"plan of three words", "x"}).records, std::vector<std::string>());
  EXPECT_EQ(append({std::string(100'000, 'a')}).records, (std::vector<std::string>{"plan of three words", "x"}));
  const JournalContent all = parseJournal(text());
  ASSERT_EQ(all.records.size(), 3u);
  EXPECT_EQ(all.records[2].size(), 100'000u);
  EXPECT_EQ(all.damaged, 0u);
  EXPECT_EQ(all.valid_bytes, all.bytes);
}

TEST_F(JournalFile, CutOffAnywhereItKeepsTheWholeLinesAndGoesOnBehindThem) {
  append({"first", "second record", "third"});
  const std::string whole = text();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    overwrite(whole.substr(0, cut));
    const auto lines = static_cast<std::size_t>(std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut), '\n'));
    EXPECT_EQ(append({"after"}).records.size(), lines) << cut;
    const JournalContent now = parseJournal(text());
    EXPECT_EQ(now.records.size(), lines + 1) << cut;
    EXPECT_EQ(now.records.back(), "after") << cut;
    EXPECT_EQ(now.damaged, 0u) << cut;
  }
}

TEST_F(JournalFile, ALineWithAChangedByteIsLeftOutAndCounted) {
  append({"first", "second", "third"});
  const std::string whole = text();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (whole[at] == '\n') continue;
    std::string changed = whole;
    changed[at] = changed[at] == 'z' ? 'y' : 'z';
    const JournalContent content = parseJournal(changed);
    EXPECT_EQ(content.records.size(), 2u) << at;
    EXPECT_EQ(content.damaged, 1u) << at;
  }
}

TEST_F(JournalFile, OpeningChangesNothing) {
  append({"first"});
  overwrite(text() + "half a li");
  const std::string before = text();
  JournalContent content;
  { auto journal = Journal::open(path_, content); }
  EXPECT_EQ(text(), before);
}

TEST_F(JournalFile, ClearingStartsAfresh) {
  append({"first", "second"});
  JournalContent content;
  auto opened = Journal::open(path_, content);
  Journal& journal = std::get<Journal>(opened);
  EXPECT_FALSE(journal.clear());
  EXPECT_FALSE(journal.append({"new"}));
  EXPECT_EQ(parseJournal(text()).records, std::vector<std::string>{"new"});
}

TEST_F(JournalFile, SaysWhyItCannotBeOpened) {
  JournalContent content;
  auto opened = Journal::open(folder_ + "/not/there", content);
  ASSERT_TRUE(std::holds_alternative<JournalTrouble>(opened));
  EXPECT_EQ(std::get<JournalTrouble>(opened).what, "No such file or directory");
}

TEST(TextChecksum, TellsTextsOfTheSameBytesApart) {
  EXPECT_NE(textChecksum("ab"), textChecksum("ba"));
  EXPECT_NE(textChecksum(std::string("a\0", 2)), textChecksum("a"));
  EXPECT_NE(textChecksum(""), textChecksum(std::string(16, '\0')));
  EXPECT_EQ(hexDigits(0xab), "00000000000000ab");
}

}  // namespace
}  // namespace meshmall::engine
