// The look of a report's page of HTML: light and dark as the reader's system says, black on white on paper. Colours from a palette that people with colour-blindness tell
// apart; every sign has a shape or a word beside its colour. Nothing is fetched: fonts are the system's.
#pragma once

namespace meshmall::engine {

// For <style>.
extern const char* const kPageStyle;

// Hatching that the style refers to: to stand once in the page's body.
extern const char* const kPagePatterns;

}  // namespace meshmall::engine
