// winscard's half of the scripted table.
#include <algorithm>

#include "core/errors/codes.gen.h"
#include "core/guid.h"
#include "core/multistring.h"
#include "scripted_call.h"

namespace scard::test {

namespace {

/// Everything `output` has room for; grows `data` by one after its length was asked for, while
/// `growths` are left.
template <typename Unit>
abi::Long give(std::vector<Unit>& data, int& growths, Unit* output, abi::Dword* length) {
  const auto needed = static_cast<abi::Dword>(data.size());
  const bool fits = *length >= needed;
  *length = needed;
  if (output == nullptr) {
    if (growths > 0 && !data.empty()) {
      --growths;
      data.push_back(data.front());
    }
    return 0;
  }
  if (!fits) return toLong(code::kInsufficientBuffer);
  std::copy(data.begin(), data.end(), output);
  return 0;
}

std::string lines(const abi::Char* multiString) {
  std::string text;
  for (; *multiString != 0; ++multiString) {
    const platform::StringView item(multiString);
    text += (text.empty() ? "" : "\n") + platform::decode(item);
    multiString += item.size();
  }
  return text;
}

}  // namespace

void ScriptedApi::bindWinscard(Api& api) {
  api.accessStartedEvent.bind(this, &Bound<&ScriptedApi::accessStarted>::call);
  api.releaseStartedEvent.bind(this, &Bound<&ScriptedApi::releaseStarted>::call);
  api.listReadersWithDeviceInstanceId.bind(this, &Bound<&ScriptedApi::listByInstanceId>::call);
  api.introduceReader.bind(this, &Bound<&ScriptedApi::introduceReader>::call);
  api.forgetReader.bind(this, &Bound<&ScriptedApi::forgetReader>::call);
  api.introduceReaderGroup.bind(this, &Bound<&ScriptedApi::introduceReaderGroup>::call);
  api.forgetReaderGroup.bind(this, &Bound<&ScriptedApi::forgetReaderGroup>::call);
  api.addReaderToGroup.bind(this, &Bound<&ScriptedApi::addReaderToGroup>::call);
  api.removeReaderFromGroup.bind(this, &Bound<&ScriptedApi::removeReaderFromGroup>::call);
  api.introduceCardType.bind(this, &Bound<&ScriptedApi::introduceCardType>::call);
  api.forgetCardType.bind(this, &Bound<&ScriptedApi::forgetCardType>::call);
  api.listCards.bind(this, &Bound<&ScriptedApi::listCards>::call);
  api.listInterfaces.bind(this, &Bound<&ScriptedApi::listInterfaces>::call);
  api.getProviderId.bind(this, &Bound<&ScriptedApi::getProviderId>::call);
  api.getCardTypeProviderName.bind(this, &Bound<&ScriptedApi::getProviderName>::call);
  api.setCardTypeProviderName.bind(this, &Bound<&ScriptedApi::setProviderName>::call);
  api.locateCards.bind(this, &Bound<&ScriptedApi::locateCards>::call);
  api.locateCardsByAtr.bind(this, &Bound<&ScriptedApi::locateCardsByAtr>::call);
  api.getTransmitCount.bind(this, &Bound<&ScriptedApi::getTransmitCount>::call);
  api.getDeviceTypeId.bind(this, &Bound<&ScriptedApi::getDeviceTypeId>::call);
  api.getReaderIcon.bind(this, &Bound<&ScriptedApi::getReaderIcon>::call);
  api.getReaderDeviceInstanceId.bind(this, &Bound<&ScriptedApi::getInstanceId>::call);
  api.readCache.bind(this, &Bound<&ScriptedApi::readCache>::call);
  api.writeCache.bind(this, &Bound<&ScriptedApi::writeCache>::call);
  api.audit.bind(this, &Bound<&ScriptedApi::audit>::call);
}

abi::Long ScriptedApi::simple(Call call, Context context) {
  call.handle = static_cast<std::int64_t>(context);
  const Entered entered(*this, std::move(call), context);
  return toLong(entered.result.value_or(code::kSuccess));
}

void* ScriptedApi::accessStarted() {
  const Entered call(*this, {"SCardAccessStartedEvent"}, {});
  return noStartedEvent ? nullptr : started.handle();
}

void ScriptedApi::releaseStarted() { const Entered call(*this, {"SCardReleaseStartedEvent"}, {}); }

abi::Long ScriptedApi::introduceReader(Context context, const Char* reader, const Char* device) {
  return simple({.name = "SCardIntroduceReader",
                 .text = platform::decode(reader) + "\n" + platform::decode(device)},
                context);
}

abi::Long ScriptedApi::forgetReader(Context context, const Char* reader) {
  return simple({.name = "SCardForgetReader", .text = platform::decode(reader)}, context);
}

abi::Long ScriptedApi::introduceReaderGroup(Context context, const Char* group) {
  return simple({.name = "SCardIntroduceReaderGroup", .text = platform::decode(group)}, context);
}

abi::Long ScriptedApi::forgetReaderGroup(Context context, const Char* group) {
  return simple({.name = "SCardForgetReaderGroup", .text = platform::decode(group)}, context);
}

abi::Long ScriptedApi::addReaderToGroup(Context context, const Char* reader, const Char* group) {
  return simple({.name = "SCardAddReaderToGroup",
                 .text = platform::decode(reader) + "\n" + platform::decode(group)},
                context);
}

abi::Long ScriptedApi::removeReaderFromGroup(Context context, const Char* reader,
                                             const Char* group) {
  return simple({.name = "SCardRemoveReaderFromGroup",
                 .text = platform::decode(reader) + "\n" + platform::decode(group)},
                context);
}

abi::Long ScriptedApi::forgetCardType(Context context, const Char* card) {
  return simple({.name = "SCardForgetCardType", .text = platform::decode(card)}, context);
}

abi::Long ScriptedApi::introduceCardType(Context context, const Char* card,
                                         const abi::Guid* provider, const abi::Guid* interfaces,
                                         Dword count, const std::uint8_t* pattern,
                                         const std::uint8_t* mask, Dword length) {
  Call call{.name = "SCardIntroduceCardType", .text = platform::decode(card)};
  if (provider != nullptr) call.text += "\nprovider " + formatGuid(*provider);
  for (Dword i = 0; interfaces != nullptr && i < count; ++i) {
    call.text += "\n" + formatGuid(interfaces[i]);
  }
  if (pattern != nullptr) call.bytes.assign(pattern, pattern + length);
  if (mask != nullptr) call.bytes.insert(call.bytes.end(), mask, mask + length);
  return simple(std::move(call), context);
}

abi::Long ScriptedApi::listCards(Context context, const std::uint8_t* card,
                                 const abi::Guid* interfaces, Dword count, Char* buffer,
                                 Dword* length) {
  Call entry{.name = "SCardListCards", .handle = static_cast<std::int64_t>(context)};
  // As far as an ATR that declares all it can.
  if (card != nullptr) entry.bytes.assign(card, card + 36);
  for (Dword i = 0; interfaces != nullptr && i < count; ++i) {
    entry.text += formatGuid(interfaces[i]);
  }
  const Entered call(*this, std::move(entry), context);
  if (call.result) return toLong(*call.result);
  const Long result = fetch(cardTypes, buffer, length);
  if (buffer == nullptr && growths > 0) {
    --growths;
    cardTypes.push_back("Type " + std::to_string(cardTypes.size()));
  }
  return result;
}

abi::Long ScriptedApi::listInterfaces(Context context, const Char* card, abi::Guid* interfaces,
                                      Dword* count) {
  const Entered call(*this,
                     {.name = "SCardListInterfaces",
                      .handle = static_cast<std::int64_t>(context),
                      .text = platform::decode(card)},
                     context);
  return call.result ? toLong(*call.result) : give(guids, growths, interfaces, count);
}

abi::Long ScriptedApi::getProviderId(Context context, const Char* card, abi::Guid* provider) {
  const Long result =
      simple({.name = "SCardGetProviderId", .text = platform::decode(card)}, context);
  if (result == 0) *provider = guids.at(0);
  return result;
}

abi::Long ScriptedApi::getProviderName(Context context, const Char* card, Dword id, Char* buffer,
                                       Dword* length) {
  const Entered call(*this,
                     {.name = "SCardGetCardTypeProviderName",
                      .handle = static_cast<std::int64_t>(context),
                      .value = static_cast<std::uint32_t>(id),
                      .text = platform::decode(card)},
                     context);
  if (call.result) return toLong(*call.result);
  const platform::String text = platform::encode(nameOut);
  std::vector<Char> units(text.c_str(), text.c_str() + text.size() + 1);
  int none = 0;
  return give(units, none, buffer, length);
}

abi::Long ScriptedApi::setProviderName(Context context, const Char* card, Dword id,
                                       const Char* value) {
  return simple({.name = "SCardSetCardTypeProviderName",
                 .value = static_cast<std::uint32_t>(id),
                 .text = platform::decode(card) + "\n" + platform::decode(value)},
                context);
}

void ScriptedApi::writeStates(abi::ReaderState* states, Dword count) const {
  for (Dword i = 0; i < count; ++i) {
    states[i].eventState = state;
    states[i].atrLength = static_cast<Dword>(atr.size());
    std::copy(atr.begin(), atr.end(), states[i].atr);
  }
}

abi::Long ScriptedApi::locateCards(Context context, const Char* cards, abi::ReaderState* states,
                                   Dword count) {
  const Entered call(*this,
                     {.name = "SCardLocateCards",
                      .handle = static_cast<std::int64_t>(context),
                      .value = static_cast<std::uint32_t>(states[0].currentState),
                      .text = lines(cards)},
                     context);
  if (call.result) return toLong(*call.result);
  writeStates(states, count);
  return 0;
}

abi::Long ScriptedApi::locateCardsByAtr(Context context, const abi::AtrMask* masks, Dword maskCount,
                                        abi::ReaderState* states, Dword count) {
  Call entry{.name = "SCardLocateCardsByATR", .handle = static_cast<std::int64_t>(context)};
  for (Dword i = 0; i < maskCount; ++i) {
    entry.bytes.insert(entry.bytes.end(), masks[i].atr, masks[i].atr + masks[i].atrLength);
    entry.bytes.insert(entry.bytes.end(), masks[i].mask, masks[i].mask + masks[i].atrLength);
  }
  const Entered call(*this, std::move(entry), context);
  if (call.result) return toLong(*call.result);
  writeStates(states, count);
  return 0;
}

abi::Long ScriptedApi::getTransmitCount(Card card, Dword* count) {
  const Entered call(*this, {"SCardGetTransmitCount", static_cast<std::int64_t>(card)},
                     contextOf(static_cast<std::int64_t>(card)));
  *count = number;
  return toLong(call.result.value_or(code::kSuccess));
}

abi::Long ScriptedApi::getDeviceTypeId(Context context, const Char* reader, Dword* type) {
  *type = number;
  return simple({.name = "SCardGetDeviceTypeId", .text = platform::decode(reader)}, context);
}

abi::Long ScriptedApi::getReaderIcon(Context context, const Char* reader, std::uint8_t* icon,
                                     Dword* length) {
  const Entered call(*this,
                     {.name = "SCardGetReaderIcon",
                      .handle = static_cast<std::int64_t>(context),
                      .text = platform::decode(reader)},
                     context);
  return call.result ? toLong(*call.result) : give(data, growths, icon, length);
}

abi::Long ScriptedApi::getInstanceId(Context context, const Char* reader, Char* buffer,
                                     Dword* length) {
  const Entered call(*this,
                     {.name = "SCardGetReaderDeviceInstanceId",
                      .handle = static_cast<std::int64_t>(context),
                      .text = platform::decode(reader)},
                     context);
  if (call.result) return toLong(*call.result);
  const platform::String text = platform::encode(nameOut);
  std::vector<Char> units(text.c_str(), text.c_str() + text.size() + 1);
  int none = 0;
  return give(units, none, buffer, length);
}

abi::Long ScriptedApi::listByInstanceId(Context context, const Char* id, Char* buffer,
                                        Dword* length) {
  const Entered call(*this,
                     {.name = "SCardListReadersWithDeviceInstanceId",
                      .handle = static_cast<std::int64_t>(context),
                      .text = platform::decode(id)},
                     context);
  return call.result ? toLong(*call.result) : fetch(readers, buffer, length);
}

abi::Long ScriptedApi::readCache(Context context, const abi::Guid* card, Dword freshness,
                                 const Char* item, std::uint8_t* output, Dword* length) {
  const Entered call(*this,
                     {.name = "SCardReadCache",
                      .handle = static_cast<std::int64_t>(context),
                      .value = static_cast<std::uint32_t>(freshness),
                      .text = formatGuid(*card) + "\n" + platform::decode(item)},
                     context);
  return call.result ? toLong(*call.result) : give(data, growths, output, length);
}

abi::Long ScriptedApi::writeCache(Context context, const abi::Guid* card, Dword freshness,
                                  const Char* item, const std::uint8_t* input, Dword length) {
  Call call{.name = "SCardWriteCache",
            .value = static_cast<std::uint32_t>(freshness),
            .text = formatGuid(*card) + "\n" + platform::decode(item)};
  call.bytes.assign(input, input + length);
  return simple(std::move(call), context);
}

abi::Long ScriptedApi::audit(Context context, Dword event) {
  return simple({.name = "SCardAudit", .value = static_cast<std::uint32_t>(event)}, context);
}

}  // namespace scard::test
