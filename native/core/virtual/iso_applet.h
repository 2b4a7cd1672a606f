// The working state of an ISO card and its commands, one file for each group of them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/virtual/iso_command.h"
#include "core/virtual/iso_description.h"
#include "core/virtual/iso_files.h"

namespace scard::virtualrm::iso {

/// References of what has been proven, and the DF in which that was.
using Proofs = std::map<std::uint8_t, const File*>;

/// A command that has come in part, by ENVELOPE.
struct Pieces {
  Bytes bytes;
  /// The class of a piece has announced another one.
  bool chained = false;
};

/// A logical channel: what is selected and what has been proven there.
struct Channel {
  File* df = nullptr;
  File* ef = nullptr;
  /// Current record, from 1; 0: none.
  std::size_t record = 0;
  Proofs verifiedPins;
  Proofs provenKeys;
  /// What EXTERNAL AUTHENTICATE must answer; good for the next command only.
  std::optional<Bytes> challenge;
  /// A response of which only a part has been sent, and its status word.
  Bytes remaining;
  std::uint16_t remainingStatus = sw::kOk;
  Pieces envelope;
};

/// A PIN at work. Tries survive a reset, as they do on a card.
struct Pin {
  PinDescription description;
  std::uint8_t tries = 0;
  std::uint8_t unblockingTries = 0;
};

class Applet {
 public:
  explicit Applet(CardDescription description);

  const Bytes& atr() const { return description_.atr; }
  /// Back to the state after power-up: basic channel, MF, nothing proven.
  void reset();
  /// One command as it comes over the line.
  Bytes answer(const Bytes& bytes, Dword protocol);

 private:
  using Handler = Reply (Applet::*)(const Command&, Channel&);

  // iso_applet.cc: classes, chaining, responses in parts.
  Reply accept(const Command& command, Dword protocol);
  std::optional<Reply> chain(Command& command);
  Reply execute(const Command& command, const Command& carrier, Dword protocol);
  Reply dispatch(const Command& command);
  static Handler handlerOf(std::uint8_t ins);
  Reply deliver(Reply reply, const Command& carrier, Dword protocol);
  static Reply getResponse(const Command& command, Channel& channel);
  Reply envelope(const Command& command, Channel& channel, Dword protocol);
  bool allows(const Access& access, const Channel& channel) const;

  // iso_select.cc
  Reply select(const Command& command, Channel& channel);
  File* findByIdentifier(const Command& command, const Channel& channel, std::uint16_t id) const;
  Reply listFiles(const Command& command, Dword protocol);
  File* findByPath(const File& start, const Bytes& path) const;
  File* findByName(const Command& command, const Channel& channel) const;
  void enter(Channel& channel, File& file) const;

  // iso_binary.cc
  struct BinaryTarget;
  Reply locateBinary(const Command& command, Channel& channel, BinaryTarget& target);
  Reply readBinary(const Command& command, Channel& channel);
  Reply writeBinary(const Command& command, Channel& channel);
  Reply updateBinary(const Command& command, Channel& channel);
  Reply eraseBinary(const Command& command, Channel& channel);

  // iso_records.cc
  Reply locateRecordFile(const Command& command, Channel& channel, bool updates, File*& file) const;
  Reply findRecord(const Command& command, Channel& channel, const File& file, std::size_t& number);
  Reply readRecord(const Command& command, Channel& channel);
  Reply changeRecord(const Command& command, Channel& channel);
  Reply appendRecord(const Command& command, Channel& channel);
  static Reply addRecord(File& file, const Bytes& record, Channel& channel);
  Reply eraseRecord(const Command& command, Channel& channel);

  // iso_objects.cc
  Reply getData(const Command& command, Channel& channel);
  Reply getListedData(const Command& command, Channel& channel);
  Reply putData(const Command& command, Channel& channel);

  // iso_security.cc
  Pin* findPin(std::uint8_t reference);
  const KeyDescription* findKey(std::uint8_t reference) const;
  Reply tryPin(Pin& pin, std::span<const std::uint8_t> value, Channel& channel);
  static Reply tryCode(Pin& pin, std::span<const std::uint8_t> value);
  Reply verify(const Command& command, Channel& channel);
  Reply changeReferenceData(const Command& command, Channel& channel);
  Reply resetRetryCounter(const Command& command, Channel& channel);
  Reply getChallenge(const Command& command, Channel& channel);
  Reply internalAuthenticate(const Command& command, Channel& channel);
  Reply externalAuthenticate(const Command& command, Channel& channel);
  Reply manageChannel(const Command& command, Channel& channel);

  CardDescription description_;
  std::unique_ptr<File> mf_;
  std::vector<Pin> pins_;
  std::map<std::uint16_t, ObjectDescription> objects_;
  std::map<unsigned, Channel> channels_;
  /// A chain of commands not yet complete.
  std::optional<Command> chain_;
  std::uint64_t random_;
};

}  // namespace scard::virtualrm::iso
