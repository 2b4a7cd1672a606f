// What framed exchanges add to the border: their options, and how they break off.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/apdu_exchange.h"
#include "core/operation.h"

namespace scard::binding {

/// A copy of a well-formed command APDU.
std::vector<std::uint8_t> toApdu(const Napi::CallbackInfo& info, std::size_t index);

/// The three numbers of NativeFraming in binding.d.ts, from `index` on.
FramingOptions toFraming(const Napi::CallbackInfo& info, std::size_t index);

/// A script from its commands and its plan.
std::shared_ptr<const ApduScript> toScript(const Napi::CallbackInfo& info, std::size_t index);

/// NativeScriptOutcome of binding.d.ts.
Napi::Value scriptOf(Napi::Env env, const ScriptOutcome& outcome);

/// NativeBrokenExchange of binding.d.ts.
Napi::Value brokenOf(Napi::Env env, const BrokenExchange& broken);

}  // namespace scard::binding
