#include <cstring>

#include "core/virtual/calls.h"
#include "core/virtual/functions.h"
#include "core/virtual/line.h"

namespace scard::virtualrm {

namespace {

/// pcsclite's limit for a command; winscard's is no smaller.
constexpr Dword kMaxSent = 65548;

bool isRaw(Dword value) {
  return value == protocol::kRawPcsclite || value == protocol::kRawWindows;
}

std::uint32_t checkTransmit(const CardCall& call, const Reader& reader, Dword wanted) {
  std::uint32_t failure = call.checkReader();
  if (failure == result::kSuccess) failure = call.checkNotice();
  if (failure != result::kSuccess || isRaw(wanted)) return failure;
  if (!reader.card) return result::kNoSmartcard;
  if (wanted != protocol::kAnyOld && wanted != reader.activeProtocol) return result::kProtoMismatch;
  return result::kSuccess;
}

}  // namespace

Long transmit(State& state, CardHandle handle, const abi::IoRequest* sendPci, const Byte* command,
              Dword commandLength, abi::IoRequest* receivePci, Byte* response,
              Dword* responseLength) {
  if (command == nullptr || response == nullptr || responseLength == nullptr || sendPci == nullptr)
    return toLong(result::kInvalidParameter);
  const Dword capacity = *responseLength;
  *responseLength = 0;
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  if (commandLength > kMaxSent) return toLong(result::kInsufficientBuffer);
  std::uint32_t failure = call.checkSharing(CardCall::Sharing::kWait);
  if (failure == result::kSuccess) failure = checkTransmit(call, call.reader(), sendPci->protocol);
  if (failure != result::kSuccess) return toLong(failure);

  const Dword active = call.reader().activeProtocol;
  Answer answer =
      exchangeWithCard(state, call, Bytes(command, command + commandLength),
                       isRaw(sendPci->protocol) || isRaw(active) ? protocol::kRawPcsclite : active);
  if (answer.failure != result::kSuccess) return toLong(answer.failure);
  *responseLength = static_cast<Dword>(answer.bytes.size());
  // The card has executed the command, its answer is lost all the same.
  if (answer.bytes.size() > capacity) return toLong(result::kInsufficientBuffer);
  if (!answer.bytes.empty()) std::memcpy(response, answer.bytes.data(), answer.bytes.size());
  if (receivePci != nullptr) {
    receivePci->protocol = sendPci->protocol;
    receivePci->length = sizeof(abi::IoRequest);
  }
  return toLong(result::kSuccess);
}

Long getTransmitCount(State& state, CardHandle handle, Dword* count) {
  if (count == nullptr) return toLong(result::kInvalidParameter);
  CardCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const std::uint32_t failure = call.checkReader();
  if (failure == result::kSuccess) *count = call.reader().transmitCount;
  return toLong(failure);
}

}  // namespace scard::virtualrm
