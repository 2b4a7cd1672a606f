// Values across the border: arguments in, results out. lib/ has checked the arguments; what comes
// in wrong all the same is a TypeError, never undefined behaviour.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/operation.h"

namespace scard::binding {

class Host;

std::uint32_t toUint32(const Napi::CallbackInfo& info, std::size_t index);
OperationId toOperationId(const Napi::CallbackInfo& info, std::size_t index);
std::string toString(const Napi::CallbackInfo& info, std::size_t index);
std::optional<std::string> toOptionalString(const Napi::CallbackInfo& info, std::size_t index);
std::vector<std::string> toStrings(const Napi::CallbackInfo& info, std::size_t index);
std::vector<std::uint32_t> toUint32s(const Napi::CallbackInfo& info, std::size_t index);
/// A copy of a Uint8Array.
std::vector<std::uint8_t> toBytes(const Napi::CallbackInfo& info, std::size_t index);
/// Empty for undefined.
std::vector<std::uint8_t> toOptionalBytes(const Napi::CallbackInfo& info, std::size_t index);
/// Copies of an array's Uint8Arrays.
std::vector<std::vector<std::uint8_t>> toByteArrays(const Napi::CallbackInfo& info,
                                                    std::size_t index);
abi::Guid toGuid(const Napi::CallbackInfo& info, std::size_t index);
std::optional<abi::Guid> toOptionalGuid(const Napi::CallbackInfo& info, std::size_t index);
std::vector<abi::Guid> toGuids(const Napi::CallbackInfo& info, std::size_t index);
/// Names and current states, as two arrays of one length that begin at `index`.
std::vector<ReaderQuery> toReaderQueries(const Napi::CallbackInfo& info, std::size_t index);

/// A copy of the bytes, in memory of JavaScript's own.
Napi::Uint8Array toUint8Array(Napi::Env env, std::span<const std::uint8_t> bytes);

Napi::Array toJsStrings(Napi::Env env, const std::vector<std::string>& strings);

/// NativeFailure of binding.d.ts.
Napi::Value toFailure(Napi::Env env, const Error& error);

/// The value of a finished operation as binding.d.ts describes it.
Napi::Value toJs(Napi::Env env, const std::shared_ptr<Host>& host, Value value);

}  // namespace scard::binding
