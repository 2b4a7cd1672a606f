// What framed exchanges and scripts add to the border: their options, and what comes of them.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <span>

#include "core/apdu_exchange.h"
#include "core/apdu_script.h"

namespace scard::binding {

/// FramingOptions from the fields of a request in binding.d.ts.
FramingOptions toFraming(Napi::Env env, std::uint32_t flags, std::uint32_t maxLength,
                         std::uint32_t maxCommand);

/// A script from its commands and its plan.
std::shared_ptr<const ApduScript> toScript(Napi::Value commands, Napi::Value plan);

/// What a script gives in binding.d.ts.
Napi::Value scriptOf(Napi::Env env, const ScriptOutcome& outcome);

/// NativeBrokenExchange of binding.d.ts.
Napi::Value brokenOf(Napi::Env env, const ExchangeResult& result,
                     std::span<const std::uint8_t> received);

}  // namespace scard::binding
