// Where resource managers differ. A profile is a set of traits, not a name to branch on, so that a
// test can also vary one of them.
#pragma once

#include <cstdint>

#include "core/virtual/codes.h"

namespace scard::virtualrm {

/// Behaviour on which pcsclite and Windows disagree.
struct Profile {
  /// Status gives a bit mask (pcsclite) or one value of an enumeration (Windows).
  bool statusIsMask;
  /// A DIRECT connection refuses others, and is refused when there are others (Windows).
  bool directIsExclusive;
  /// Reconnect keeps an open transaction (pcsclite).
  bool transactionSurvivesReconnect;
  /// A transaction nobody uses for this long is ended and its card reset; 0: never (pcsclite).
  std::uint32_t idleTransactionMs;
  /// What a connection's calls answer once its reader is unplugged.
  std::uint32_t unpluggedResult;
  /// What a transmit answers when the card is taken out under it. kSuccess: the bytes that came,
  /// possibly none (pcsclite with a virtual reader).
  std::uint32_t removedInTransmitResult;
  /// A card that was removed and inserted again counts as reset (pcsclite) or removed (Windows).
  std::uint32_t reinsertedResult;
  /// What other connections are told after a card was powered down.
  std::uint32_t unpoweredResult;
  std::uint32_t unsupportedFeature;
  /// What calls answer once the service has gone, in a context made before.
  std::uint32_t stoppedServiceResult;
  /// What a call answers that was on its way when the service stopped.
  std::uint32_t interruptedServiceResult;
  /// Largest attribute buffer a caller may offer; 0: any (Windows).
  std::uint32_t attributeLimit;
  /// Control codes are `0x310000 + 4 * function` (Windows), else `0x42000000 + function`.
  bool windowsControlCodes;
  /// SCARD_PROTOCOL_RAW as this resource manager reports it. Both values are accepted.
  Dword rawProtocol;
  /// A context's calls run one at a time; a wait holds up all but Cancel (pcsclite).
  bool contextIsSerialised;
  /// GetStatusChange refuses a list that names an unknown reader (pcsclite).
  bool unknownReaderFails;
  /// The plug and play entry compares its high word with the number of readers (Windows).
  bool pnpCountsReaders;
  /// Reader groups exist, and the database functions with them (Windows).
  bool hasDatabase;
  /// With T=0 and T=1 both possible, T=1 is taken (pcsclite), else the card's first offer.
  bool prefersT1;
  /// While another connection holds a transaction, Control, GetAttrib and SetAttrib wait for its
  /// end (Windows) or are refused (pcsclite). Transmit, Status and Reconnect wait in both.
  bool attributesWaitForTransaction;
  /// The connection that resets at EndTransaction is itself told about the reset (pcsclite).
  bool endTransactionTellsItself;
  /// Reconnect powers an unpowered card up also when it is to leave it as it is (Windows).
  bool reconnectPowersUp;
  /// Reconnect to exclusive use waits until the other connections are gone (pcsclite).
  bool reconnectWaitsForExclusive;
  /// An unpowered card sets SCARD_STATE_UNPOWERED (Windows).
  bool reportsUnpowered;

  static constexpr Profile pcsclite() {
    return {.statusIsMask = true,
            .directIsExclusive = false,
            .transactionSurvivesReconnect = true,
            .idleTransactionMs = 0,
            .unpluggedResult = result::kReaderUnavailable,
            .removedInTransmitResult = result::kSuccess,
            .reinsertedResult = result::kResetCard,
            .unpoweredResult = result::kResetCard,
            .unsupportedFeature = result::kUnsupportedFeaturePcsclite,
            .stoppedServiceResult = result::kNoService,
            .interruptedServiceResult = result::kCommError,
            .attributeLimit = 264,
            .windowsControlCodes = false,
            .rawProtocol = protocol::kRawPcsclite,
            .contextIsSerialised = true,
            .unknownReaderFails = true,
            .pnpCountsReaders = false,
            .hasDatabase = false,
            .prefersT1 = true,
            .attributesWaitForTransaction = false,
            .endTransactionTellsItself = true,
            .reconnectPowersUp = false,
            .reconnectWaitsForExclusive = true,
            .reportsUnpowered = false};
  }

  static constexpr Profile windows() {
    return {.statusIsMask = false,
            .directIsExclusive = true,
            .transactionSurvivesReconnect = false,
            .idleTransactionMs = 5000,
            .unpluggedResult = result::kServiceStopped,
            .removedInTransmitResult = result::kRemovedCard,
            .reinsertedResult = result::kRemovedCard,
            .unpoweredResult = result::kUnpoweredCard,
            .unsupportedFeature = result::kUnsupportedFeatureWindows,
            .stoppedServiceResult = result::kServiceStopped,
            .interruptedServiceResult = result::kServiceStopped,
            .attributeLimit = 0,
            .windowsControlCodes = true,
            .rawProtocol = protocol::kRawWindows,
            .contextIsSerialised = false,
            .unknownReaderFails = false,
            .pnpCountsReaders = true,
            .hasDatabase = true,
            .prefersT1 = false,
            .attributesWaitForTransaction = true,
            .endTransactionTellsItself = false,
            .reconnectPowersUp = true,
            .reconnectWaitsForExclusive = false,
            .reportsUnpowered = true};
  }
};

}  // namespace scard::virtualrm
