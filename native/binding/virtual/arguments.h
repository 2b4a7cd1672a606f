// Arguments that several classes of virtual readers and cards take.
#pragma once

#include <napi.h>

#include <memory>

#include "core/virtual/card_device.h"
#include "core/virtual/faults.h"

namespace scard::binding {

/// The card behind a `HandlerCard` or an `IsoCard`.
std::shared_ptr<virtualrm::CardDevice> deviceAt(const Napi::CallbackInfo& info, std::size_t index);

/// `NativeFault` of binding.d.ts.
virtualrm::Fault faultAt(const Napi::CallbackInfo& info, std::size_t index);

}  // namespace scard::binding
