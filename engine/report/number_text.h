// Numbers as people read them: three significant digits, units that fit, thousands apart. The same on every machine: no locale.
#pragma once

#include <cstdint>
#include <string>

namespace meshmall::engine {

std::string plain(double value, int significant = 3);      // 1234.6 -> "1235", 0.012345 -> "0.0123"; never an exponent below 1e15
std::string trimmed(double value);  // four digits, without zeros at the end: "0.4", "503"
std::string amount(double value);                          // whole: 4, else three digits: 4.25
std::string count(double value);                           // 1234567 -> "1,234,567"
std::string millisecondsText(double ms, int significant = 3);  // 0.0123 -> "12.3 us", 1500 -> "1.50 s"
std::string secondsText(double s);                             // of simulated time: "20 s", "4 h", "1 h 30 min"
std::string percent(double ratio);                         // 0.99979 -> "99.979 %": enough digits to tell it from 100
std::string share(double ratio);                           // 0.614 -> "61.4 %", 0.00191 -> "0.191 %"

}  // namespace meshmall::engine
