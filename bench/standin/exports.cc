// pcsclite's C interface over standin::Readers: what a client finds in libpcsclite.so.1.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "readers.h"

#define STANDIN_EXPORT extern "C" __attribute__((visibility("default")))

using scard::abi::Dword;
using scard::abi::IoRequest;
using scard::abi::Long;
using scard::abi::ReaderState;
using standin::Code;
using standin::Readers;

namespace {

constexpr Dword kAutoAllocate = ~Dword{0};
constexpr Dword kAttrAtr = 0x90303;
constexpr Dword kAttrFriendlyName = 0x7FFF0003;
constexpr Dword kFeatureRequest = 0x42000000 + 3400;

Long result(Code code) { return static_cast<Long>(code); }

Readers& readers() { return Readers::ofProcess(); }

/// Gives bytes by winscard's rules: no buffer asks for the length, SCARD_AUTOALLOCATE for memory.
Code give(const void* from, std::size_t size, void* to, Dword* length) {
  if (length == nullptr) return Code::kInvalidParameter;
  const Dword room = *length;
  *length = static_cast<Dword>(size);
  if (to == nullptr) return Code::kOk;
  if (room == kAutoAllocate) {
    void* memory = std::malloc(std::max<std::size_t>(size, 1));
    if (memory == nullptr) return Code::kNoMemory;
    std::memcpy(memory, from, size);
    std::memcpy(to, &memory, sizeof memory);
    return Code::kOk;
  }
  if (room < size) return Code::kInsufficientBuffer;
  std::memcpy(to, from, size);
  return Code::kOk;
}

std::string multistring(std::size_t count) {
  std::string names;
  for (std::size_t i = 0; i < count; ++i) names += Readers::name(i) + '\0';
  return names + '\0';
}

}  // namespace

STANDIN_EXPORT const IoRequest g_rgSCardT0Pci = {1, sizeof(IoRequest)};
STANDIN_EXPORT const IoRequest g_rgSCardT1Pci = {2, sizeof(IoRequest)};
STANDIN_EXPORT const IoRequest g_rgSCardRawPci = {4, sizeof(IoRequest)};

STANDIN_EXPORT const char* pcsc_stringify_error(Long code) {
  return code == 0 ? "Command successful." : "The stand-in's error.";
}

STANDIN_EXPORT Long SCardEstablishContext(Dword, const void*, const void*, long* context) {
  if (context == nullptr) return result(Code::kInvalidParameter);
  *context = readers().establish();
  return 0;
}

STANDIN_EXPORT Long SCardReleaseContext(long context) { return result(readers().release(context)); }

STANDIN_EXPORT Long SCardIsValidContext(long context) {
  return result(readers().valid(context) ? Code::kOk : Code::kInvalidHandle);
}

STANDIN_EXPORT Long SCardCancel(long context) { return result(readers().cancel(context)); }

STANDIN_EXPORT Long SCardFreeMemory(long, const void* memory) {
  std::free(const_cast<void*>(memory));
  return 0;
}

STANDIN_EXPORT Long SCardListReaders(long context, const char*, char* names, Dword* length) {
  if (!readers().valid(context)) return result(Code::kInvalidHandle);
  const std::string list = multistring(readers().count());
  return result(give(list.data(), list.size(), names, length));
}

STANDIN_EXPORT Long SCardListReaderGroups(long context, char* groups, Dword* length) {
  if (!readers().valid(context)) return result(Code::kInvalidHandle);
  static const char kGroups[] = "SCard$DefaultReaders\0";
  return result(give(kGroups, sizeof kGroups, groups, length));
}

STANDIN_EXPORT Long SCardGetStatusChange(long context, Dword timeout, ReaderState* states,
                                         Dword count) {
  if (states == nullptr && count > 0) return result(Code::kInvalidParameter);
  return result(readers().statusChange(context, timeout, states, count));
}

STANDIN_EXPORT Long SCardConnect(long context, const char* reader, Dword share, Dword protocols,
                                 long* card, Dword* protocol) {
  if (reader == nullptr || card == nullptr || protocol == nullptr)
    return result(Code::kInvalidParameter);
  return result(readers().connect(context, reader, share, protocols, *card, *protocol));
}

STANDIN_EXPORT Long SCardReconnect(long card, Dword share, Dword protocols, Dword,
                                   Dword* protocol) {
  if (protocol == nullptr) return result(Code::kInvalidParameter);
  return result(readers().reconnect(card, share, protocols, *protocol));
}

STANDIN_EXPORT Long SCardDisconnect(long card, Dword) { return result(readers().disconnect(card)); }

STANDIN_EXPORT Long SCardBeginTransaction(long card) { return result(readers().begin(card)); }

STANDIN_EXPORT Long SCardEndTransaction(long card, Dword) { return result(readers().end(card)); }

STANDIN_EXPORT Long SCardStatus(long card, char* names, Dword* namesLength, Dword* state,
                                Dword* protocol, std::uint8_t* atr, Dword* atrLength) {
  Readers::Status status{};
  if (const Code code = readers().status(card, status); code != Code::kOk) return result(code);
  // SCARD_PRESENT | SCARD_POWERED | SCARD_NEGOTIABLE or SCARD_SPECIFIC.
  if (state != nullptr) *state = status.protocol == 0 ? 0x34 : 0x54;
  if (protocol != nullptr) *protocol = status.protocol;
  Code code = Code::kOk;
  if (namesLength != nullptr) {
    const std::string list = Readers::name(status.reader) + '\0' + '\0';
    code = give(list.data(), list.size(), names, namesLength);
  }
  if (atrLength != nullptr && code == Code::kOk)
    code = give(Readers::kAtr.data(), Readers::kAtr.size(), atr, atrLength);
  return result(code);
}

STANDIN_EXPORT Long SCardTransmit(long card, const IoRequest* sendPci, const std::uint8_t* command,
                                  Dword commandLength, IoRequest* receivePci,
                                  std::uint8_t* response, Dword* responseLength) {
  if (command == nullptr || response == nullptr || responseLength == nullptr || sendPci == nullptr)
    return result(Code::kInvalidParameter);
  std::size_t length = *responseLength;
  const Code code = readers().transmit(card, command, commandLength, response, length);
  if (code != Code::kOk) return result(code);
  *responseLength = static_cast<Dword>(length);
  if (receivePci != nullptr) receivePci->protocol = sendPci->protocol;
  return 0;
}

STANDIN_EXPORT Long SCardControl(long card, Dword code, const void*, Dword, void* output, Dword,
                                 Dword* outputLength) {
  Readers::Status status{};
  if (const Code found = readers().status(card, status); found != Code::kOk) return result(found);
  // CM_IOCTL_GET_FEATURE_REQUEST: a reader without any feature.
  if (code != kFeatureRequest || output == nullptr) return result(Code::kUnsupportedFeature);
  if (outputLength != nullptr) *outputLength = 0;
  return 0;
}

STANDIN_EXPORT Long SCardGetAttrib(long card, Dword attribute, std::uint8_t* value, Dword* length) {
  Readers::Status status{};
  if (const Code code = readers().status(card, status); code != Code::kOk) return result(code);
  if (attribute == kAttrAtr)
    return result(give(Readers::kAtr.data(), Readers::kAtr.size(), value, length));
  if (attribute == kAttrFriendlyName) {
    const std::string name = Readers::name(status.reader);
    return result(give(name.c_str(), name.size() + 1, value, length));
  }
  return result(Code::kUnsupportedFeature);
}

STANDIN_EXPORT Long SCardSetAttrib(long, Dword, const std::uint8_t*, Dword) {
  return result(Code::kUnsupportedFeature);
}
