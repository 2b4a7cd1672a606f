#include "binding/virtual/arguments.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "binding/virtual/handler_card.h"
#include "binding/virtual/iso_card.h"
#include "binding/virtual/read_object.h"
#include "binding/wrap.h"

namespace scard::binding {

using virtualrm::Fault;

namespace {

Fault::Kind faultKind(const Napi::CallbackInfo& info, const std::string& name) {
  using Kind = Fault::Kind;
  static constexpr std::array kKinds{std::pair{"remove-before", Kind::kRemoveBefore},
                                     std::pair{"remove-during", Kind::kRemoveDuring},
                                     std::pair{"unplug", Kind::kUnplug},
                                     std::pair{"stop-service", Kind::kStopService},
                                     std::pair{"delay", Kind::kDelay},
                                     std::pair{"truncate", Kind::kTruncate},
                                     std::pair{"oversize", Kind::kOversize},
                                     std::pair{"mute", Kind::kMute},
                                     std::pair{"more-data", Kind::kMoreData},
                                     std::pair{"wrong-length", Kind::kWrongLength}};
  const auto* known = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const auto& kind) { return name == kind.first; });
  if (known == kKinds.end()) throw Napi::TypeError::New(info.Env(), "no fault is called " + name);
  return known->second;
}

}  // namespace

std::shared_ptr<virtualrm::CardDevice> deviceAt(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Object card = objectAt(info, index);
  if (card.CheckTypeTag(&IsoCardWrap::kTag)) return unwrap<IsoCardWrap>(card).device();
  return unwrap<HandlerCardWrap>(card).device();
}

Fault faultAt(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Object object = objectAt(info, index);
  std::string kind;
  readText(object, "kind", kind);
  Fault fault;
  fault.kind = faultKind(info, kind);
  readNumber(object, "exchange", fault.exchange);
  readNumber(object, "count", fault.count);
  readNumber(object, "bytes", fault.bytes);
  std::int64_t delay = 0;
  readNumber(object, "delayUs", delay);
  fault.delay = std::chrono::microseconds(delay);
  return fault;
}

}  // namespace scard::binding
