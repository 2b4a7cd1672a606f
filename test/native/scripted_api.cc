#include "scripted_api.h"

#include <algorithm>
#include <utility>

#include "core/errors/codes.gen.h"
#include "core/multistring.h"
#include "scripted_call.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace scard::test {

namespace {

std::string threadName() {
#if defined(_WIN32)
  return "";
#else
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
#endif
}

}  // namespace

ScriptedApi::Entered::Entered(ScriptedApi& api, Call call, std::optional<Context> context)
    : lock(api.mutex_), api_(api), context_(context) {
  const std::string name = call.name;
  call.thread = threadName();
  api_.log_.push_back(std::move(call));
  ++api_.counts_[name];
  if (context_.has_value()) occupy(name);
  api_.changed_.notify_all();
  api_.changed_.wait(lock, [&] { return !api_.blocked_[name]; });
  if (auto& results = api_.results_[name]; !results.empty()) {
    result = results.front();
    results.pop_front();
  }
}

ScriptedApi::Entered::~Entered() {
  if (!context_.has_value()) return;
  if (const auto known = api_.contexts_.find(*context_); known != api_.contexts_.end()) {
    --known->second.calls;
  }
}

void ScriptedApi::Entered::occupy(const std::string& name) {
  const auto known = api_.contexts_.find(*context_);
  if (known == api_.contexts_.end()) {
    api_.problems_.push_back(name + " on a context that is not established");
    return;
  }
  if (++known->second.calls > 1) {
    api_.problems_.push_back(name + " while another call runs on its context");
  }
  if (known->second.spent && name != "SCardReleaseContext") {
    api_.problems_.push_back(name + " on the context of a cancelled wait");
  }
}

Api ScriptedApi::table() {
  Api api;
  api.establishContext.bind(this, &Bound<&ScriptedApi::establish>::call);
  api.releaseContext.bind(this, &Bound<&ScriptedApi::release>::call);
  api.isValidContext.bind(this, &Bound<&ScriptedApi::isValid>::call);
  api.cancel.bind(this, &Bound<&ScriptedApi::cancel>::call);
  api.listReaders.bind(this, &Bound<&ScriptedApi::listReaders>::call);
  api.listReaderGroups.bind(this, &Bound<&ScriptedApi::listReaderGroups>::call);
  api.getStatusChange.bind(this, &Bound<&ScriptedApi::getStatusChange>::call);
  api.connect.bind(this, &Bound<&ScriptedApi::connect>::call);
  api.reconnect.bind(this, &Bound<&ScriptedApi::reconnect>::call);
  api.disconnect.bind(this, &Bound<&ScriptedApi::disconnect>::call);
  api.beginTransaction.bind(this, &Bound<&ScriptedApi::begin>::call);
  api.endTransaction.bind(this, &Bound<&ScriptedApi::end>::call);
  api.status.bind(this, &Bound<&ScriptedApi::status>::call);
  api.transmit.bind(this, &Bound<&ScriptedApi::transmit>::call);
  api.control.bind(this, &Bound<&ScriptedApi::control>::call);
  api.getAttrib.bind(this, &Bound<&ScriptedApi::getAttrib>::call);
  api.setAttrib.bind(this, &Bound<&ScriptedApi::setAttrib>::call);
  if (winscard) bindWinscard(api);
  return api;
}

abi::Long ScriptedApi::establish(Dword scope, const void*, const void*, Context* context) {
  const Entered call(*this, {"SCardEstablishContext", 0, static_cast<std::uint32_t>(scope)}, {});
  if (call.result) return toLong(*call.result);
  *context = static_cast<Context>(++lastHandle_);
  contexts_[*context] = {};
  return 0;
}

abi::Long ScriptedApi::release(Context context) {
  const Entered call(*this, {"SCardReleaseContext", static_cast<std::int64_t>(context)}, context);
  for (const auto& [handle, card] : cards_) {
    if (card.context == context) {
      problems_.push_back("SCardReleaseContext before the SCardDisconnect of its card");
    }
  }
  contexts_.erase(context);
  return toLong(call.result.value_or(code::kSuccess));
}

abi::Long ScriptedApi::isValid(Context context) {
  const Entered call(*this, {"SCardIsValidContext", static_cast<std::int64_t>(context)}, context);
  return toLong(call.result.value_or(code::kSuccess));
}

abi::Long ScriptedApi::cancel(Context context) {
  const Entered call(*this, {"SCardCancel", static_cast<std::int64_t>(context)}, {});
  const auto known = contexts_.find(context);
  if (known == contexts_.end()) {
    problems_.push_back("SCardCancel on a context that is not established");
    return toLong(code::kInvalidHandle);
  }
  known->second.cancelled = true;
  if (known->second.waiting && (lostCancels_ == 0 || lostCancels_-- == 0)) {
    known->second.cancelPending = true;
    changed_.notify_all();
  }
  return 0;
}

abi::Long ScriptedApi::fetch(const std::vector<std::string>& names, Char* buffer,
                             Dword* length) const {
  const platform::String text = buildMultiString(names);
  const auto needed = static_cast<Dword>(text.size());
  const bool fits = *length >= needed;
  *length = needed;
  if (buffer == nullptr) return 0;
  if (!fits) return toLong(code::kInsufficientBuffer);
  std::copy(text.begin(), text.end(), buffer);
  return 0;
}

abi::Long ScriptedApi::listReaders(Context context, const Char* wanted, Char* buffer,
                                   Dword* length) {
  Call entry{"SCardListReaders", static_cast<std::int64_t>(context)};
  // The first group alone tells whether groups were passed on.
  if (wanted != nullptr) entry.groups = platform::decode(wanted);
  const Entered call(*this, std::move(entry), context);
  if (call.result) return toLong(*call.result);
  const Long result = fetch(readers, buffer, length);
  if (buffer == nullptr && growths > 0) {
    --growths;
    readers.push_back("Reader " + std::to_string(readers.size()));
  }
  return result;
}

abi::Long ScriptedApi::listReaderGroups(Context context, Char* buffer, Dword* length) {
  const Entered call(*this, {"SCardListReaderGroups", static_cast<std::int64_t>(context)}, context);
  if (call.result) return toLong(*call.result);
  return fetch(groups, buffer, length);
}

abi::Long ScriptedApi::getStatusChange(Context context, Dword timeout, abi::ReaderState* states,
                                       Dword count) {
  Entered call(*this,
               {"SCardGetStatusChange", static_cast<std::int64_t>(context),
                static_cast<std::uint32_t>(timeout)},
               context);
  if (call.result) return toLong(*call.result);
  ContextState& own = contexts_[context];
  const std::size_t generation = changeGeneration_;
  // Like pcsclite: only from here on does a cancel have an effect.
  own.waiting = true;
  changed_.notify_all();
  if (timeout == abi::kInfinite) {
    changed_.wait(call.lock, [&] { return own.cancelPending || changeGeneration_ != generation; });
  }
  own.waiting = false;
  own.spent = own.cancelled;
  if (own.cancelPending) return toLong(code::kCancelled);
  if (changeGeneration_ == generation) return toLong(code::kTimeout);
  for (Dword i = 0; i < count; ++i) {
    states[i].eventState = *change_;
    states[i].atrLength = static_cast<Dword>(atr.size());
    std::copy(atr.begin(), atr.end(), states[i].atr);
  }
  return 0;
}

std::optional<abi::ContextHandle> ScriptedApi::contextOf(std::int64_t card) const {
  const std::lock_guard lock(mutex_);
  const auto known = cards_.find(static_cast<Card>(card));
  return known == cards_.end() ? Context{-1} : known->second.context;
}

abi::Long ScriptedApi::connect(Context context, const Char*, Dword, Dword protocols, Card* card,
                               Dword* protocol) {
  const Entered call(
      *this,
      {"SCardConnect", static_cast<std::int64_t>(context), static_cast<std::uint32_t>(protocols)},
      context);
  if (call.result) return toLong(*call.result);
  *card = static_cast<Card>(++lastHandle_);
  *protocol = activeProtocol;
  cards_[*card] = {context};
  return 0;
}

abi::Long ScriptedApi::reconnect(Card card, Dword, Dword protocols, Dword, Dword* protocol) {
  const Entered call(*this, {"SCardReconnect", card, static_cast<std::uint32_t>(protocols)},
                     contextOf(card));
  if (call.result) return toLong(*call.result);
  *protocol = activeProtocol;
  return 0;
}

abi::Long ScriptedApi::disconnect(Card card, Dword disposition) {
  const Entered call(*this, {"SCardDisconnect", card, static_cast<std::uint32_t>(disposition)},
                     contextOf(card));
  const auto known = cards_.find(card);
  if (known == cards_.end()) {
    problems_.push_back("SCardDisconnect of a card that is not connected");
    return toLong(code::kInvalidHandle);
  }
  if (known->second.locked) {
    problems_.push_back("SCardDisconnect before the SCardEndTransaction of its card");
  }
  cards_.erase(known);
  return toLong(call.result.value_or(code::kSuccess));
}

abi::Long ScriptedApi::begin(Card card) {
  const Entered call(*this, {"SCardBeginTransaction", card}, contextOf(card));
  if (call.result) return toLong(*call.result);
  cards_[card].locked = true;
  return 0;
}

abi::Long ScriptedApi::end(Card card, Dword disposition) {
  const Entered call(*this, {"SCardEndTransaction", card, static_cast<std::uint32_t>(disposition)},
                     contextOf(card));
  if (!std::exchange(cards_[card].locked, false)) {
    problems_.push_back("SCardEndTransaction without a transaction");
  }
  return toLong(call.result.value_or(code::kSuccess));
}

abi::Long ScriptedApi::status(Card card, Char* names, Dword* namesLength, Dword* stateOut,
                              Dword* protocol, std::uint8_t* atrOut, Dword* atrLength) {
  const Entered call(*this, {"SCardStatus", card, static_cast<std::uint32_t>(*namesLength)},
                     contextOf(card));
  if (call.result) return toLong(*call.result);
  if (const Long result = fetch(statusNames, names, namesLength); result != 0) return result;
  *stateOut = state;
  *protocol = activeProtocol;
  if (*atrLength < atr.size()) return toLong(code::kInsufficientBuffer);
  *atrLength = static_cast<Dword>(atr.size());
  std::copy(atr.begin(), atr.end(), atrOut);
  return 0;
}

abi::Long ScriptedApi::transmit(Card card, const abi::IoRequest* pci, const std::uint8_t* command,
                                Dword length, abi::IoRequest*, std::uint8_t* response,
                                Dword* responseLength) {
  const Bytes sent(command, command + length);
  const Entered call(
      *this, {"SCardTransmit", card, static_cast<std::uint32_t>(pci->protocol), sent, command},
      contextOf(card));
  if (call.result) return toLong(*call.result);
  const Bytes bytes = answer ? answer(sent) : Bytes{0x90, 0x00};
  if (*responseLength < bytes.size()) return toLong(code::kInsufficientBuffer);
  std::copy(bytes.begin(), bytes.end(), response);
  *responseLength = static_cast<Dword>(bytes.size());
  return 0;
}

abi::Long ScriptedApi::control(Card card, Dword code, const void* input, Dword length, void* output,
                               Dword capacity, Dword* outputLength) {
  const auto* bytes = static_cast<const std::uint8_t*>(input);
  const Bytes sent(bytes, bytes + length);
  const Entered call(*this, {"SCardControl", card, static_cast<std::uint32_t>(code), sent, bytes},
                     contextOf(card));
  if (call.result) return toLong(*call.result);
  const Bytes out = answer ? answer(sent) : Bytes{};
  if (capacity < out.size()) return toLong(code::kInsufficientBuffer);
  std::copy(out.begin(), out.end(), static_cast<std::uint8_t*>(output));
  *outputLength = static_cast<Dword>(out.size());
  return 0;
}

abi::Long ScriptedApi::getAttrib(Card card, Dword attribute, std::uint8_t* value, Dword* length) {
  const Entered call(*this, {"SCardGetAttrib", card, static_cast<std::uint32_t>(attribute)},
                     contextOf(card));
  if (call.result) return toLong(*call.result);
  if (*length < atr.size()) return toLong(code::kInsufficientBuffer);
  std::copy(atr.begin(), atr.end(), value);
  *length = static_cast<Dword>(atr.size());
  return 0;
}

abi::Long ScriptedApi::setAttrib(Card card, Dword attribute, const std::uint8_t* value,
                                 Dword length) {
  const Entered call(*this,
                     {"SCardSetAttrib", card, static_cast<std::uint32_t>(attribute),
                      Bytes(value, value + length), value},
                     contextOf(card));
  return toLong(call.result.value_or(code::kSuccess));
}

}  // namespace scard::test
