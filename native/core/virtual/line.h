// One exchange over a reader's line: faults, timing and removal included.
#pragma once

#include "core/virtual/calls.h"

namespace scard::virtualrm {

struct Answer {
  std::uint32_t failure = result::kSuccess;
  Bytes bytes;
};

/// Sends a command to the card of `call`'s reader and waits for its answer.
Answer exchangeWithCard(State& state, CardCall& call, Bytes command, Dword protocol);

}  // namespace scard::virtualrm
