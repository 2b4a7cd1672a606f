#include "binding/virtual/iso_card.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "binding/virtual/read_object.h"
#include "binding/wrap.h"
#include "core/virtual/iso_card.h"

namespace scard::binding {

using virtualrm::iso::Access;
using virtualrm::iso::CardDescription;
using virtualrm::iso::FileDescription;
using virtualrm::iso::FileKind;

namespace {

/// The value that goes with a word; a TypeError for another word.
template <typename Value, std::size_t size>
Value wordOf(const Napi::Object& object, const char* key,
             const std::array<std::pair<const char*, Value>, size>& words) {
  std::string word;
  readText(object, key, word);
  const auto known = std::find_if(words.begin(), words.end(),
                                  [&](const auto& entry) { return word == entry.first; });
  if (known == words.end()) {
    throw Napi::TypeError::New(object.Env(), std::string(key) + " cannot be " + word);
  }
  return known->second;
}

constexpr std::array kFileKinds{std::pair{"df", FileKind::kDf},
                                std::pair{"transparent", FileKind::kTransparent},
                                std::pair{"linear-fixed", FileKind::kLinearFixed},
                                std::pair{"linear-variable", FileKind::kLinearVariable},
                                std::pair{"cyclic", FileKind::kCyclic}};

constexpr std::array kAccessRules{
    std::pair{"always", Access::Rule::kAlways}, std::pair{"never", Access::Rule::kNever},
    std::pair{"pin", Access::Rule::kPin}, std::pair{"key", Access::Rule::kKey}};

void readAccess(const Napi::Object& object, const char* key, Access& target) {
  const Napi::Value value = object.Get(key);
  if (!value.IsObject()) return;
  const auto access = value.As<Napi::Object>();
  target.rule = wordOf(access, "rule", kAccessRules);
  readNumber(access, "reference", target.reference);
}

FileDescription fileOf(const Napi::Object& object) {
  FileDescription file;
  file.kind = wordOf(object, "kind", kFileKinds);
  readNumber(object, "identifier", file.identifier);
  readNumber(object, "shortIdentifier", file.shortIdentifier);
  readBytes(object, "name", file.name);
  readBytes(object, "content", file.content);
  readNumber(object, "capacity", file.capacity);
  readEach(object, "records",
           [&](const Napi::Object& one) { readBytes(one, "bytes", file.records.emplace_back()); });
  readNumber(object, "recordSize", file.recordSize);
  readNumber(object, "maxRecords", file.maxRecords);
  readFlag(object, "tlvRecords", file.tlvRecords);
  readAccess(object, "read", file.read);
  readAccess(object, "update", file.update);
  readEach(object, "children",
           [&](const Napi::Object& child) { file.children.push_back(fileOf(child)); });
  return file;
}

void readSecrets(const Napi::Object& object, CardDescription& card) {
  readEach(object, "pins", [&](const Napi::Object& one) {
    auto& pin = card.pins.emplace_back();
    readNumber(one, "reference", pin.reference);
    readBytes(one, "value", pin.value);
    readNumber(one, "maxTries", pin.maxTries);
    readBytes(one, "unblockingCode", pin.unblockingCode);
    readNumber(one, "maxUnblockingTries", pin.maxUnblockingTries);
    readNumber(one, "minLength", pin.minLength);
    readAccess(one, "reset", pin.reset);
  });
  readEach(object, "keys", [&](const Napi::Object& one) {
    auto& key = card.keys.emplace_back();
    readNumber(one, "reference", key.reference);
    readBytes(one, "value", key.value);
  });
}

CardDescription cardOf(const Napi::Object& object) {
  CardDescription card;
  readBytes(object, "atr", card.atr);
  const Napi::Value mf = object.Get("mf");
  if (mf.IsObject()) card.mf = fileOf(mf.As<Napi::Object>());
  readSecrets(object, card);
  readEach(object, "objects", [&](const Napi::Object& one) {
    auto& data = card.objects.emplace_back();
    readNumber(one, "tag", data.tag);
    readBytes(one, "value", data.value);
    readAccess(one, "read", data.read);
    readAccess(one, "update", data.update);
  });
  readFlag(object, "extendedLength", card.extendedLength);
  readFlag(object, "commandChaining", card.commandChaining);
  readFlag(object, "tcosListing", card.tcosListing);
  readNumber(object, "channels", card.channels);
  readNumber(object, "seed", card.seed);
  return card;
}

}  // namespace

IsoCardWrap::IsoCardWrap(CardDescription description)
    : device_(std::make_shared<virtualrm::IsoCard>(std::move(description))) {}

Napi::Function IsoCardWrap::define(Napi::Env env) {
  return defineClass(env, kName, &IsoCardWrap::construct, {});
}

napi_value IsoCardWrap::construct(napi_env env, napi_callback_info raw) {
  return guarded(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    if (!info.IsConstructCall()) throw Napi::TypeError::New(env, "IsoCard is a constructor");
    CardDescription description = cardOf(objectAt(info, 0));
    const std::string fault = virtualrm::iso::describeFault(description);
    if (!fault.empty()) throw Napi::TypeError::New(env, fault);
    wrap(info.This().As<Napi::Object>(),
         std::unique_ptr<IsoCardWrap>(new IsoCardWrap(std::move(description))));
    return info.This();
  });
}

}  // namespace scard::binding
