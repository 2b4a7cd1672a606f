#pragma once

#include "core/api.h"
#include "core/virtual/state.h"

namespace scard::virtualrm {

/// Fills every entry that the profile's platform has with functions of `state`. The selection
/// dialogs stay empty: they are user interface, not resource manager.
void fillTable(Api& api, State& state);

}  // namespace scard::virtualrm
