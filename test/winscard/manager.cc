#include "manager.h"

#include <windows.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/virtual/callback_card.h"
#include "core/virtual/resource_manager.h"

namespace winscard {

namespace {

using scard::virtualrm::Bytes;
using scard::virtualrm::CallbackCard;
using scard::virtualrm::ManagerOptions;
using scard::virtualrm::Profile;
using scard::virtualrm::ReaderOptions;
using scard::virtualrm::ResourceManager;

/// INS EC gives its data back, every other command succeeds without any.
Bytes answerTo(const Bytes& command) {
  Bytes answer;
  if (command.size() > 5 && command[1] == 0xEC) {
    answer.assign(command.begin() + 5, command.begin() + 5 + command[4]);
  }
  answer.insert(answer.end(), {0x90, 0x00});
  return answer;
}

std::shared_ptr<CallbackCard> makeCard() {
  scard::virtualrm::CardCallbacks callbacks;
  callbacks.command = [](Bytes command, scard::virtualrm::Dword, auto exchange) {
    exchange->respond(answerTo(command));
  };
  return std::make_shared<CallbackCard>(Bytes{0x3B, 0x80, 0x80, 0x01, 0x01}, std::move(callbacks));
}

struct Manager {
  ResourceManager manager{ManagerOptions{.profile = Profile::windows()}};
  scard::Api api;

  Manager() {
    manager.fill(api);
    for (const char* number : {"0", "1"}) {
      ReaderOptions options;
      options.name = std::string("Reader ") + number;
      options.serial = number;
      manager.addReader(options);
    }
    manager.insertCard("Reader 0", makeCard());
  }
};

}  // namespace

scard::Api& api() {
  // Never destroyed: calls may be running when the process ends.
  static auto* manager = new Manager();
  return manager->api;
}

std::optional<scard::Api::Long> orderedFailure(const char* function) {
  std::array<char, 512> orders{};
  const DWORD length = GetEnvironmentVariableA("SCARD_FAKE_FAILURE", orders.data(),
                                               static_cast<DWORD>(orders.size()));
  if (length == 0 || length >= orders.size()) return std::nullopt;
  const std::string_view order(orders.data(), length);
  const std::size_t equals = order.find('=');
  if (equals == std::string_view::npos || order.substr(0, equals) != function) return std::nullopt;
  return static_cast<scard::Api::Long>(std::strtoul(orders.data() + equals + 1, nullptr, 16));
}

}  // namespace winscard
