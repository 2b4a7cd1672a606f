// Owner of one connection to a card (SCARDHANDLE).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/card_trace.h"
#include "core/pcsc_context.h"
#include "core/result.h"

namespace scard {

/// Protocol bits of the core, the same everywhere (Windows spells raw differently).
namespace protocol {
inline constexpr std::uint32_t kT0 = 1;
inline constexpr std::uint32_t kT1 = 2;
inline constexpr std::uint32_t kRaw = 4;
inline constexpr std::uint32_t kT15 = 8;
}  // namespace protocol

/// SCARD_LEAVE_CARD and its brothers.
enum class Disposition : std::uint32_t { kLeave = 0, kReset = 1, kUnpower = 2, kEject = 3 };

/// SCardStatus, normalised.
struct CardStatus {
  std::vector<std::string> readers;
  /// 0 unknown, 1 absent, 2 present, 3 swallowed, 4 powered, 5 negotiable, 6 specific.
  std::uint32_t state = 0;
  std::uint32_t rawState = 0;
  std::uint32_t protocol = 0;
  std::vector<std::uint8_t> atr;
};

struct ConnectOptions {
  std::uint32_t shareMode = 2;
  std::uint32_t protocols = protocol::kT0 | protocol::kT1;
};

/// Connected until destroyed. Keeps its context alive. The destructor disconnects with LEAVE.
class PcscCard {
 public:
  static Result<PcscCard> connect(std::shared_ptr<const PcscContext> context,
                                  const std::string& reader, const ConnectOptions& options);

  PcscCard(PcscCard&& other) noexcept;
  PcscCard& operator=(PcscCard&& other) noexcept;
  PcscCard(const PcscCard&) = delete;
  PcscCard& operator=(const PcscCard&) = delete;
  ~PcscCard();

  /// Protocol bit in use; 0 when none (a direct connection).
  std::uint32_t activeProtocol() const { return activeProtocol_; }

  /// SCardDisconnect. The connection is gone whatever the result.
  Result<void> disconnect(Disposition disposition);

  /// SCardReconnect. Value: the active protocol.
  Result<std::uint32_t> reconnect(const ConnectOptions& options, std::uint32_t initialization);

  /// SCardStatus.
  Result<CardStatus> status() const;

  /// SCardTransmit into `response`; value: the length of the answer, which may be 0 when a card
  /// died. `protocol` 0 is the active one.
  Result<std::size_t> transmit(std::span<const std::uint8_t> command, std::uint32_t protocol,
                               std::span<std::uint8_t> response) const;

  /// SCardControl (SCardControl132 on macOS) into `output`; value: the length of the answer.
  Result<std::size_t> control(std::uint32_t code, std::span<const std::uint8_t> input,
                              std::span<std::uint8_t> output) const;

  /// SCardGetAttrib into `value`; value: its length.
  Result<std::size_t> getAttrib(std::uint32_t attribute, std::span<std::uint8_t> value) const;

  /// SCardSetAttrib.
  Result<void> setAttrib(std::uint32_t attribute, std::span<const std::uint8_t> value) const;

  /// SCardGetTransmitCount: exchanges since the reader was plugged in, all programs'.
  Result<std::uint32_t> getTransmitCount() const;

  /// Has every exchange, and every reset and power-down, noted from now on. `trace` must outlive
  /// the connection.
  void traceTo(CardTrace& trace) { trace_ = &trace; }
  /// A call with `disposition` has ended so; it may have cycled the card's power before it failed.
  void notePower(Disposition disposition, const std::optional<Error>& error) const;

  abi::CardHandle handle() const { return *handle_; }
  const Api& api() const { return context_->library()->api(); }
  TransactionGate* transactionGate() const { return context_->library()->transactionGate(); }

 private:
  PcscCard(std::shared_ptr<const PcscContext> context, abi::CardHandle handle,
           std::uint32_t activeProtocol);

  /// For the trace, which there is.
  void noteExchange(std::span<const std::uint8_t> command, std::span<const std::uint8_t> response,
                    std::uint32_t failure) const;

  std::shared_ptr<const PcscContext> context_;
  std::optional<abi::CardHandle> handle_;
  std::uint32_t activeProtocol_;
  CardTrace* trace_ = nullptr;
};

static_assert(!std::is_copy_constructible_v<PcscCard>);

}  // namespace scard
