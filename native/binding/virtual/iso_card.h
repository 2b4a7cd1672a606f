// `IsoCard` of binding.d.ts: the built-in ISO/IEC 7816-4 card, made from a plain object.
#pragma once

#include <napi.h>

#include <memory>

#include "core/virtual/card_device.h"
#include "core/virtual/iso_description.h"

namespace scard::binding {

class IsoCardWrap {
 public:
  static constexpr const char* kName = "IsoCard";
  static constexpr napi_type_tag kTag{0x5ca4d00000000006, 0x9b1f7c3e2a6d4855};

  static Napi::Function define(Napi::Env env);

  const std::shared_ptr<virtualrm::CardDevice>& device() const { return device_; }

 private:
  explicit IsoCardWrap(virtualrm::iso::CardDescription description);

  static napi_value construct(napi_env env, napi_callback_info raw);

  std::shared_ptr<virtualrm::CardDevice> device_;
};

}  // namespace scard::binding
