#include "models/resilience/hedging.h"
#include "models/resilience/previous_hosts.h"
#include "models/resilience/previous_priorities.h"

#include <optional>

namespace meshmall::models {
namespace {

TEST(TryBoard, LetsTheFirstGoodAnswerWinAndResetsTheOthers) {
  TryBoard board;
  const auto first = board.start();
  EXPECT_TRUE(board.onSoftTimeout(first));
  EXPECT_FALSE(board.onSoftTimeout(first));  // reported once
  board.onRetryGranted(first);
  const auto second = board.start();
  EXPECT_EQ(board.onAnswer(first, false), TryBoard::Verdict::kForward);
  EXPECT_EQ(board.others(first), std::vector<TryBoard::TryIndex>{second});
  board.finish();
  EXPECT_EQ(board.onAnswer(second, false), TryBoard::Verdict::kDrop);
}

TEST(TryBoard, PassesTheLastBadAnswerOn) {
  TryBoard board;
  const auto first = board.start();
  board.onRetryGranted(first);
  const auto second = board.start();
  EXPECT_FALSE(board.mayRetry(first));
  EXPECT_EQ(board.onAnswer(first, true), TryBoard::Verdict::kDrop);
  EXPECT_EQ(board.onAnswer(second, true), TryBoard::Verdict::kForward);
}

TEST(TryBoard, ServesPlainRetriesToo) {
  TryBoard board;
  const auto first = board.start();
  board.onRetryGranted(first);
  EXPECT_EQ(board.onFailure(first), TryBoard::Verdict::kDrop);
  const auto second = board.start();
  EXPECT_EQ(board.onFailure(second), TryBoard::Verdict::kForward);
}

TEST(PickForTry, AsksAgainForARetryOnlyAndTakesTheLastPickInTheEnd) {
  int asked = 0;
  const auto pick = [&]() -> std::optional<int> { return ++asked; };
  const auto rejects_all = [](int) { return true; };
  EXPECT_EQ(pickForTry(true, 5, pick, rejects_all), 6);
  EXPECT_EQ(asked, 6);
  asked = 0;
  EXPECT_EQ(pickForTry(false, 5, pick, rejects_all), 1);
  asked = 0;
  EXPECT_EQ(pickForTry(true, 5, pick, [](int host) { return host < 3; }), 3);
}

TEST(PreviousPriorities, ShareTheWholeTrafficAmongWhatIsLeft) {
  PreviousPriorities state;
  const PriorityShares availability{{33, 33, 34}, {0, 0, 0}}, original{{33, 33, 34}, {0, 0, 0}};
  EXPECT_EQ(state.shares(1, availability, original), original);
  state.onTried(0);
  // 33 x 100 / 67 = 49 and 34 x 100 / 67 = 50; the 1 that rounding left goes to the first.
  EXPECT_EQ(state.shares(1, availability, original).healthy, (std::vector<std::uint32_t>{0, 50, 50}));
}

}  // namespace
}  // namespace meshmall::models
