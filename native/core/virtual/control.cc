#include <algorithm>
#include <cstring>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"
#include "core/virtual/line.h"
#include "core/virtual/part10.h"

namespace scard::virtualrm {

namespace {

using part10::PinOperation;

/// Status words of the reader itself, PC/SC Part 10 2.5.
const Bytes kEntryTimedOut{0x64, 0x00};
const Bytes kEntryCancelled{0x64, 0x01};
const Bytes kPinsDiffer{0x64, 0x02};
const Bytes kPinSizeWrong{0x64, 0x03};

/// One prompt of the pad. The entry, or the status word that ends the operation.
struct Prompted {
  std::string digits;
  Bytes ended;
};

Prompted promptPin(Reader& reader, const PinOperation& operation) {
  if (reader.pinEntries.empty()) return {{}, kEntryTimedOut};
  const PinEntry entry = std::move(reader.pinEntries.front());
  reader.pinEntries.pop_front();
  if (entry.action == PinEntry::Action::kCancel) return {{}, kEntryCancelled};
  if (entry.action == PinEntry::Action::kTimeout) return {{}, kEntryTimedOut};
  const std::size_t most = operation.maxSize != 0 ? operation.maxSize : part10::kMaxPinSize;
  const bool digitsOnly =
      std::ranges::all_of(entry.digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!digitsOnly || entry.digits.size() < operation.minSize || entry.digits.size() > most)
    return {{}, kPinSizeWrong};
  return {entry.digits, {}};
}

/// Asks for what the operation needs and writes it into its command. Empty, or the status word
/// that ends the operation before the card sees it.
Bytes enterPins(Reader& reader, PinOperation& operation) {
  if (!operation.modifies || operation.asksOldPin) {
    const Prompted pin = promptPin(reader, operation);
    if (!pin.ended.empty()) return pin.ended;
    if (!part10::insertPin(operation.command, operation.format, pin.digits, operation.oldOffset))
      return kPinSizeWrong;
  }
  if (!operation.modifies) return {};
  const Prompted fresh = promptPin(reader, operation);
  if (!fresh.ended.empty()) return fresh.ended;
  if (operation.asksConfirmation) {
    const Prompted again = promptPin(reader, operation);
    if (!again.ended.empty()) return again.ended;
    if (again.digits != fresh.digits) return kPinsDiffer;
  }
  const bool fits =
      part10::insertPin(operation.command, operation.format, fresh.digits, operation.newOffset);
  return fits ? Bytes{} : kPinSizeWrong;
}

Answer runPinOperation(State& state, CardCall& call, std::optional<PinOperation> operation) {
  if (!operation) return {result::kInvalidParameter, {}};
  Reader& reader = call.reader();
  if (!reader.card) return {result::kNoSmartcard, {}};
  const Bytes ended = enterPins(reader, *operation);
  if (!ended.empty()) return {result::kSuccess, ended};
  return exchangeWithCard(state, call, std::move(operation->command), reader.activeProtocol);
}

/// Hands a code to the reader's own handler.
Answer askHandler(State& state, CardCall& call, Dword function, Bytes input) {
  const std::shared_ptr<Reader> reader = call.sharedReader();
  const std::shared_ptr<ControlHandler> handler = reader->options.controlHandler;
  if (!handler) return {state.profile().unsupportedFeature, {}};
  Lock& lock = call.lock();
  if (const std::uint32_t refused = state.acquireLine(lock, *reader); refused != result::kSuccess)
    return {refused, {}};
  const std::shared_ptr<CardDevice> card = reader->card;
  const std::shared_ptr<Exchange> exchange =
      State::beginExchange(*reader, handler->answeringThread());
  lock.unlock();
  handler->control(function, std::move(input), exchange);
  const Exchange::Outcome outcome = exchange->wait();
  lock.lock();
  state.finishWithCard(lock, *reader, card);
  const std::uint32_t lost = call.checkOpen();
  if (lost != result::kSuccess) return {lost, {}};
  switch (outcome) {
    case Exchange::Outcome::kAnswered:
      return {result::kSuccess, exchange->takeResponse()};
    case Exchange::Outcome::kMute:
      return {state.profile().unsupportedFeature, {}};
    case Exchange::Outcome::kUnplugged:
      return {state.profile().unpluggedResult, {}};
    default:
      return {result::kNotTransacted, {}};
  }
}

Answer runControl(State& state, CardCall& call, Dword function, Bytes input) {
  const ReaderOptions& reader = call.reader().options;
  const auto isFeature = [&](part10::Feature feature) {
    return function == part10::functionOfFeature(state.profile(), feature);
  };
  if (function == part10::kGetFeatureRequest)
    return {result::kSuccess, part10::featureList(state.profile(), reader)};
  if (isFeature(part10::kGetTlvProperties))
    return {result::kSuccess, part10::tlvProperties(reader)};
  if (reader.pinPad && isFeature(part10::kIfdPinProperties))
    return {result::kSuccess, part10::pinProperties()};
  if (reader.pinPad && isFeature(part10::kVerifyPinDirect))
    return runPinOperation(state, call, part10::parseVerify(input));
  if (reader.pinPad && isFeature(part10::kModifyPinDirect))
    return runPinOperation(state, call, part10::parseModify(input));
  return askHandler(state, call, function, std::move(input));
}

}  // namespace

Long control(State& state, CardHandle handle, Dword code, const void* input, Dword inputLength,
             void* output, Dword outputCapacity, Dword* outputLength) {
  if (outputLength != nullptr) *outputLength = 0;
  if (input == nullptr && inputLength > 0) return toLong(result::kInvalidParameter);
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  std::uint32_t failure = call.checkAttributeSharing();
  if (failure == result::kSuccess) failure = call.checkReader();
  if (failure != result::kSuccess) return toLong(failure);
  const auto* bytes = static_cast<const std::uint8_t*>(input);
  const Answer answer =
      runControl(state, call, part10::functionOf(code), Bytes(bytes, bytes + inputLength));
  if (answer.failure != result::kSuccess) return toLong(answer.failure);
  if (outputLength != nullptr) *outputLength = static_cast<Dword>(answer.bytes.size());
  if (answer.bytes.size() > outputCapacity) return toLong(result::kInsufficientBuffer);
  if (!answer.bytes.empty()) {
    if (output == nullptr) return toLong(result::kInvalidParameter);
    std::memcpy(output, answer.bytes.data(), answer.bytes.size());
  }
  return toLong(result::kSuccess);
}

}  // namespace scard::virtualrm
