#include "core/pcsc_card.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "core/multistring.h"
#include "core/pcsc_call.h"

namespace scard {

namespace {

abi::Dword encodeProtocols(std::uint32_t bits, const Dialect& dialect) {
  const std::uint32_t others = bits & ~protocol::kRaw;
  return others | ((bits & protocol::kRaw) != 0 ? dialect.rawProtocol : 0);
}

std::uint32_t decodeProtocol(abi::Dword value, const Dialect& dialect) {
  const auto bits = static_cast<std::uint32_t>(value);
  if ((bits & dialect.rawProtocol) != 0) return protocol::kRaw;
  return bits & (protocol::kT0 | protocol::kT1 | protocol::kT15);
}

constexpr std::uint32_t kNegotiable = 5;
constexpr std::uint32_t kSpecific = 6;

// pcsclite sets one bit per state the card has reached; Windows gives the highest as a number.
std::uint32_t decodeState(std::uint32_t raw, std::uint32_t protocol, const Dialect& dialect) {
  if (dialect.stateIsEnumeration) return std::min(raw, kSpecific);
  const std::uint32_t reached = (raw & 0x7EU) >> 1;
  const auto state = static_cast<std::uint32_t>(std::bit_width(reached));
  // pcsclite leaves NEGOTIABLE in place once a protocol is agreed upon; Windows does not.
  return state == kNegotiable && protocol != 0 ? kSpecific : state;
}

}  // namespace

PcscCard::PcscCard(std::shared_ptr<const PcscContext> context, abi::CardHandle handle,
                   std::uint32_t activeProtocol)
    : context_(std::move(context)), handle_(handle), activeProtocol_(activeProtocol) {}

PcscCard::PcscCard(PcscCard&& other) noexcept
    : context_(std::move(other.context_)),
      handle_(std::exchange(other.handle_, std::nullopt)),
      activeProtocol_(other.activeProtocol_),
      trace_(other.trace_) {}

PcscCard& PcscCard::operator=(PcscCard&& other) noexcept {
  if (this != &other) {
    static_cast<void>(disconnect(Disposition::kLeave));
    context_ = std::move(other.context_);
    handle_ = std::exchange(other.handle_, std::nullopt);
    activeProtocol_ = other.activeProtocol_;
    trace_ = other.trace_;
  }
  return *this;
}

PcscCard::~PcscCard() { static_cast<void>(disconnect(Disposition::kLeave)); }

Result<PcscCard> PcscCard::connect(std::shared_ptr<const PcscContext> context,
                                   const std::string& reader, const ConnectOptions& options) {
  const Library& library = *context->library();
  const platform::String name = platform::encode(reader);
  abi::CardHandle handle{};
  abi::Dword active = 0;
  if (auto error =
          callPcsc("SCardConnect", library.api().connect, context->handle(), name.c_str(),
                   static_cast<abi::Dword>(options.shareMode),
                   encodeProtocols(options.protocols, library.dialect()), &handle, &active)) {
    return std::move(*error);
  }
  const std::uint32_t protocol = decodeProtocol(active, library.dialect());
  return PcscCard(std::move(context), handle, protocol);
}

Result<void> PcscCard::disconnect(Disposition disposition) {
  const auto handle = std::exchange(handle_, std::nullopt);
  if (!handle.has_value()) return {};
  ReleaseGuard* const guard = context_->library()->releaseGuard();
  const auto apart =
      guard != nullptr ? guard->disconnecting() : std::shared_lock<std::shared_timed_mutex>();
  auto error =
      callPcsc("SCardDisconnect", api().disconnect, *handle, static_cast<abi::Dword>(disposition));
  notePower(disposition, error);
  return toResult(std::move(error));
}

Result<std::uint32_t> PcscCard::reconnect(const ConnectOptions& options,
                                          std::uint32_t initialization) {
  const Dialect& dialect = context_->library()->dialect();
  abi::Dword active = 0;
  auto error = callPcsc("SCardReconnect", api().reconnect, *handle_,
                        static_cast<abi::Dword>(options.shareMode),
                        encodeProtocols(options.protocols, dialect),
                        static_cast<abi::Dword>(initialization), &active);
  notePower(static_cast<Disposition>(initialization), error);
  if (error.has_value()) return std::move(*error);
  activeProtocol_ = decodeProtocol(active, dialect);
  return activeProtocol_;
}

namespace {

/// What the resource manager finds out once the card has been powered again.
bool comesAfterPower(std::uint32_t failure) {
  return failure == code::kProtoMismatch || failure == code::kUnresponsiveCard ||
         failure == code::kUnpoweredCard;
}

}  // namespace

void PcscCard::notePower(Disposition disposition, const std::optional<Error>& error) const {
  if (trace_ == nullptr) return;
  if (error.has_value() && !comesAfterPower(error->value)) return;
  if (disposition == Disposition::kReset) trace_->add({TraceEvent::Kind::kReset});
  if (disposition == Disposition::kUnpower) trace_->add({TraceEvent::Kind::kUnpower});
}

void PcscCard::noteExchange(std::span<const std::uint8_t> command,
                            std::span<const std::uint8_t> response, std::uint32_t failure) const {
  trace_->add({TraceEvent::Kind::kExchange, SecretBytes({command.begin(), command.end()}),
               SecretBytes({response.begin(), response.end()}), failure});
}

Result<CardStatus> PcscCard::status() const {
  constexpr std::size_t kNames = 512;
  platform::String names(kNames, abi::Char{});
  for (int round = 1;; ++round) {
    auto namesLength = static_cast<abi::Dword>(names.size());
    abi::Dword state = 0;
    abi::Dword active = 0;
    std::array<std::uint8_t, 64> atr{};
    auto atrLength = static_cast<abi::Dword>(abi::kAtrCapacity);
    auto error = callPcsc("SCardStatus", api().status, *handle_, names.data(), &namesLength, &state,
                          &active, atr.data(), &atrLength);
    if (error.has_value()) {
      if (error->value != code::kInsufficientBuffer || round > 1) return std::move(*error);
      names.assign(static_cast<std::size_t>(namesLength) + kNames, abi::Char{});
      continue;
    }
    const Dialect& dialect = context_->library()->dialect();
    const auto raw = static_cast<std::uint32_t>(state);
    const auto used = std::min(static_cast<std::size_t>(namesLength), names.size());
    const auto length = std::min(static_cast<std::size_t>(atrLength), atr.size());
    const std::uint32_t protocol = decodeProtocol(active, dialect);
    return CardStatus{
        parseMultiString(platform::StringView(names).substr(0, used)),
        decodeState(raw, protocol, dialect), raw, protocol,
        std::vector<std::uint8_t>(atr.begin(), atr.begin() + static_cast<long>(length))};
  }
}

Result<std::size_t> PcscCard::transmit(std::span<const std::uint8_t> command,
                                       std::uint32_t protocol,
                                       std::span<std::uint8_t> response) const {
  const std::uint32_t chosen = protocol != 0 ? protocol : activeProtocol_;
  // Our own PCI instead of the library's g_rgSCardT0Pci: data symbols cannot be resolved lazily on
  // every platform, and the structure is the same.
  const abi::IoRequest sendPci{encodeProtocols(chosen, context_->library()->dialect()),
                               sizeof(abi::IoRequest)};
  auto length = static_cast<abi::Dword>(response.size());
  if (auto error =
          callPcsc("SCardTransmit", api().transmit, *handle_, &sendPci, command.data(),
                   static_cast<abi::Dword>(command.size()), nullptr, response.data(), &length)) {
    if (trace_ != nullptr) noteExchange(command, {}, error->value);
    return std::move(*error);
  }
  const std::size_t received = std::min(static_cast<std::size_t>(length), response.size());
  if (trace_ != nullptr) noteExchange(command, response.first(received), 0);
  return received;
}

Result<std::size_t> PcscCard::control(std::uint32_t code, std::span<const std::uint8_t> input,
                                      std::span<std::uint8_t> output) const {
  abi::Dword length = 0;
  if (auto error = callPcsc(
          "SCardControl", api().control, *handle_, static_cast<abi::Dword>(code),
          static_cast<const void*>(input.data()), static_cast<abi::Dword>(input.size()),
          static_cast<void*>(output.data()), static_cast<abi::Dword>(output.size()), &length)) {
    return std::move(*error);
  }
  return std::min(static_cast<std::size_t>(length), output.size());
}

Result<std::size_t> PcscCard::getAttrib(std::uint32_t attribute,
                                        std::span<std::uint8_t> value) const {
  const std::size_t limit = context_->library()->dialect().attributeCapacity;
  const std::size_t capacity = std::min(value.size(), limit);
  auto length = static_cast<abi::Dword>(capacity);
  if (auto error = callPcsc("SCardGetAttrib", api().getAttrib, *handle_,
                            static_cast<abi::Dword>(attribute), value.data(), &length)) {
    return std::move(*error);
  }
  return std::min(static_cast<std::size_t>(length), capacity);
}

Result<std::uint32_t> PcscCard::getTransmitCount() const {
  abi::Dword count = 0;
  if (auto error = callPcsc("SCardGetTransmitCount", api().getTransmitCount, *handle_, &count)) {
    return std::move(*error);
  }
  return static_cast<std::uint32_t>(count);
}

Result<void> PcscCard::setAttrib(std::uint32_t attribute,
                                 std::span<const std::uint8_t> value) const {
  return toResult(callPcsc("SCardSetAttrib", api().setAttrib, *handle_,
                           static_cast<abi::Dword>(attribute), value.data(),
                           static_cast<abi::Dword>(value.size())));
}

}  // namespace scard
