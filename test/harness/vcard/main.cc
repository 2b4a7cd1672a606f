// Virtual cards for the contract tests: each speaks vpcd's protocol on its own port.
//
// Orders come in on standard input, one per line: `ID ORDER PORT [ARGUMENT…]`
//   insert PORT ATR       a new card with that ATR (hex)
//   remove PORT
//   die PORT              the card leaves at the next command, without an answer
//   die-within PORT N     … after N bytes of the answer
//   truncate PORT N       the next answer is cut to N bytes
//   mute PORT             the next command gets no answer, until `resume PORT`
// Each is answered by `ID ok` or `ID error WHY`. `event PORT WHAT` tells what happens to a card.
// The end of the input ends the program.
#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>

#include "slot.h"

namespace vcard {
namespace {

class Program {
 public:
  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string id;
    std::string order;
    unsigned port = 0;
    words >> id >> order >> port;
    try {
      if (!words || port == 0 || port > 0xFFFF) throw std::runtime_error("ID ORDER PORT expected");
      perform(order, slot(static_cast<std::uint16_t>(port)), words);
      say(id + " ok");
    } catch (const std::exception& error) {
      say(id + " error " + error.what());
    }
  }

 private:
  Slot& slot(std::uint16_t port) {
    auto& slot = slots_[port];
    if (!slot) {
      slot = std::make_unique<Slot>(port, [this, port](const std::string& event) {
        say("event " + std::to_string(port) + " " + event);
      });
    }
    return *slot;
  }

  static void perform(const std::string& order, Slot& slot, std::istream& words) {
    if (order == "insert") {
      slot.insert(hex(words));
    } else if (order == "remove") {
      slot.remove();
    } else if (order == "die") {
      slot.breakNext({Fault::Kind::kDie});
    } else if (order == "die-within") {
      slot.breakNext({Fault::Kind::kDieWithin, number(words)});
    } else if (order == "truncate") {
      slot.breakNext({Fault::Kind::kTruncate, number(words)});
    } else if (order == "mute") {
      slot.breakNext({Fault::Kind::kMute});
    } else if (order == "resume") {
      slot.resume();
    } else {
      throw std::runtime_error("unknown order " + order);
    }
  }

  static std::size_t number(std::istream& words) {
    std::size_t value = 0;
    if (!(words >> value)) throw std::runtime_error("a number is expected");
    return value;
  }

  static Bytes hex(std::istream& words) {
    std::string text;
    words >> text;
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    if (bytes.size() < 2) throw std::runtime_error("an ATR in hex is expected");
    return bytes;
  }

  void say(const std::string& line) {
    const std::lock_guard lock(mutex_);
    std::cout << line << '\n' << std::flush;
  }

  std::mutex mutex_;
  // After the mutex: the slots' threads use it until they are joined.
  std::map<std::uint16_t, std::unique_ptr<Slot>> slots_;
};

}  // namespace
}  // namespace vcard

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  vcard::Program program;
  std::string line;
  while (std::getline(std::cin, line)) program.obey(line);
  return 0;
}
