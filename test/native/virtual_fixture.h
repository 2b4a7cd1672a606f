// A virtual resource manager with PC/SC calls that are short to write in tests.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/virtual/buffers.h"
#include "core/virtual/callback_card.h"
#include "core/virtual/resource_manager.h"
#include "test.h"

namespace scard::test {

namespace vrm = scard::virtualrm;
using vrm::Bytes;
using vrm::Dword;
namespace result = vrm::result;
namespace share = vrm::share;
namespace disposition = vrm::disposition;
namespace protocol = vrm::protocol;
namespace state = vrm::state;
using namespace std::chrono_literals;

inline const Bytes kT0T1Atr{0x3B, 0x80, 0x80, 0x01, 0x01};
inline const Bytes kT0Atr{0x3B, 0x00};
inline constexpr Dword kBoth = protocol::kT0 | protocol::kT1;

/// A card that answers every command with the command's own bytes and 9000.
inline std::shared_ptr<vrm::CallbackCard> echoCard(Bytes atr = kT0T1Atr) {
  vrm::CardCallbacks callbacks;
  callbacks.command = [](Bytes command, Dword, std::shared_ptr<vrm::Exchange> exchange) {
    command.insert(command.end(), {0x90, 0x00});
    exchange->respond(std::move(command));
  };
  return std::make_shared<vrm::CallbackCard>(std::move(atr), std::move(callbacks));
}

/// A card that keeps its exchanges until a test answers them.
struct SlowCard {
  std::shared_ptr<vrm::CallbackCard> card;
  std::shared_ptr<std::promise<std::shared_ptr<vrm::Exchange>>> asked =
      std::make_shared<std::promise<std::shared_ptr<vrm::Exchange>>>();

  SlowCard() {
    vrm::CardCallbacks callbacks;
    callbacks.command = [promise = asked](Bytes, Dword, std::shared_ptr<vrm::Exchange> exchange) {
      promise->set_value(std::move(exchange));
    };
    card = std::make_shared<vrm::CallbackCard>(kT0T1Atr, std::move(callbacks));
  }

  std::shared_ptr<vrm::Exchange> exchange() { return asked->get_future().get(); }
};

struct Observed {
  std::uint32_t result = 0;
  Dword state = 0;
  Bytes atr;
  /// Without the counter.
  Dword bits() const { return state & 0xFFFFU; }
};

struct Sent {
  std::uint32_t result = 0;
  Bytes response;
};

/// One manager with one reader, "Reader".
class VirtualWorld {
 public:
  explicit VirtualWorld(vrm::Profile profile = vrm::Profile::pcsclite())
      : manager({.profile = profile, .cacheItemLimit = 16}) {
    manager.fill(api);
    manager.addReader({.name = "Reader"});
  }

  abi::ContextHandle context() {
    abi::ContextHandle handle = 0;
    CHECK_EQ(code(api.establishContext(2, nullptr, nullptr, &handle)), result::kSuccess);
    return handle;
  }

  /// The handle, 0 when refused; `lastResult` says why.
  abi::CardHandle connect(abi::ContextHandle context, Dword shareMode = share::kShared,
                          Dword protocols = kBoth, const std::string& reader = "Reader") {
    abi::CardHandle card = 0;
    const vrm::Chars name = vrm::toChars(reader);
    lastResult =
        code(api.connect(context, name.c_str(), shareMode, protocols, &card, &activeProtocol));
    return card;
  }

  std::uint32_t reconnect(abi::CardHandle card, Dword initialization = disposition::kLeave,
                          Dword shareMode = share::kShared, Dword protocols = kBoth) {
    return code(api.reconnect(card, shareMode, protocols, initialization, &activeProtocol));
  }

  Sent transmit(abi::CardHandle card, const Bytes& command, Dword protocol = protocol::kT1) {
    const abi::IoRequest pci{static_cast<decltype(abi::IoRequest::protocol)>(protocol),
                             sizeof(abi::IoRequest)};
    Sent sent;
    sent.response.resize(vrm::kMaxResponse);
    auto length = static_cast<Dword>(sent.response.size());
    sent.result = code(api.transmit(card, &pci, command.data(), static_cast<Dword>(command.size()),
                                    nullptr, sent.response.data(), &length));
    sent.response.resize(length);
    return sent;
  }

  std::uint32_t ping(abi::CardHandle card, Dword protocol = protocol::kT1) {
    return transmit(card, {0x00, 0x84, 0x00, 0x00, 0x08}, protocol).result;
  }

  std::uint32_t status(abi::CardHandle card, Dword* cardState = nullptr) {
    return code(api.status(card, nullptr, nullptr, cardState, nullptr, nullptr, nullptr));
  }

  Observed observe(abi::ContextHandle context, Dword current, Dword timeout = 0,
                   const std::string& reader = "Reader") {
    const vrm::Chars name = vrm::toChars(reader);
    abi::ReaderState entry{};
    entry.reader = name.c_str();
    entry.currentState = current;
    Observed observed;
    observed.result = code(api.getStatusChange(context, timeout, &entry, 1));
    observed.state = entry.eventState;
    observed.atr.assign(entry.atr, entry.atr + entry.atrLength);
    return observed;
  }

  std::vector<std::string> list(abi::ContextHandle context) {
    Dword length = 0;
    if (code(api.listReaders(context, nullptr, nullptr, &length)) != 0) return {};
    vrm::Chars buffer(length, vrm::Char{0});
    CHECK_EQ(code(api.listReaders(context, nullptr, buffer.data(), &length)), result::kSuccess);
    return vrm::fromMultiString(buffer.c_str());
  }

  static std::uint32_t code(abi::Long value) { return abi::resultCode(value); }

  Api api;
  Dword activeProtocol = 0;
  std::uint32_t lastResult = 0;
  vrm::ResourceManager manager;
};

/// A world with a card in its reader.
struct Inserted : VirtualWorld {
  explicit Inserted(vrm::Profile profile = vrm::Profile::pcsclite()) : VirtualWorld(profile) {
    manager.insertCard("Reader", echoCard());
  }
};

/// Starts a call on a thread of its own.
template <typename Call>
auto inBackground(Call&& call) {
  return std::async(std::launch::async, std::forward<Call>(call));
}

/// Waits until a condition that another thread brings about holds. No condition here is met by
/// time alone; the limit only ends a test that would hang.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 10000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

/// Whether a call is still on its way after the others had time to finish it.
template <typename T>
bool isBlocked(std::future<T>& call) {
  return call.wait_for(50ms) == std::future_status::timeout;
}

}  // namespace scard::test
