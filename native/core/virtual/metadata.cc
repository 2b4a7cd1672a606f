// What a reader is, and the audit log (winscard only).
#include "core/virtual/calls.h"
#include "core/virtual/functions.h"
#include "core/virtual/reader_names.h"

namespace scard::virtualrm {

namespace {

/// Runs `body(reader, allocations)` for a reader by name.
template <typename Body>
Long withReader(State& state, ContextHandle handle, const Char* name, Body&& body) {
  if (name == nullptr) return toLong(result::kInvalidParameter);
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  const std::shared_ptr<Reader> reader = state.findReader(fromChars(name));
  if (!reader) return toLong(result::kUnknownReader);
  return toLong(body(*reader, call.context().allocations));
}

}  // namespace

Long getDeviceTypeId(State& state, ContextHandle handle, const Char* reader, Dword* type) {
  if (type == nullptr) return toLong(result::kInvalidParameter);
  return withReader(state, handle, reader, [&](const Reader& found, Allocations&) {
    *type = found.options.channelId >> 16U;
    return result::kSuccess;
  });
}

Long getReaderIcon(State& state, ContextHandle handle, const Char* reader, Byte* icon,
                   Dword* length) {
  if (length == nullptr) return toLong(result::kInvalidParameter);
  return withReader(state, handle, reader, [&](const Reader& found, Allocations& allocations) {
    if (found.options.icon.empty()) return state.profile().unsupportedFeature;
    return writeOutput<Byte>(allocations, std::span(found.options.icon), icon, length);
  });
}

Long getReaderDeviceInstanceId(State& state, ContextHandle handle, const Char* reader,
                               Char* instanceId, Dword* length) {
  if (length == nullptr) return toLong(result::kInvalidParameter);
  return withReader(state, handle, reader, [&](const Reader& found, Allocations& allocations) {
    return writeText(allocations, toChars(deviceInstanceIdOf(found)), instanceId, length);
  });
}

Long audit(State& state, ContextHandle handle, Dword event) {
  if (event > 1) return toLong(result::kInvalidParameter);
  ContextCall call(state, handle);
  if (call.failure() != result::kSuccess) return toLong(call.failure());
  if (const auto listener = state.auditListener) {
    call.lock().unlock();
    listener(static_cast<std::uint32_t>(event));
    call.lock().lock();
  }
  return toLong(result::kSuccess);
}

}  // namespace scard::virtualrm
