#include "core/virtual/table.h"

#include "core/virtual/functions.h"

namespace scard::virtualrm {

namespace {

/// Turns a function on a State into an entry of the table.
template <auto Function>
struct Entry;

template <typename Result, typename... Arguments, Result (*Function)(State&, Arguments...)>
struct Entry<Function> {
  static Result call(void* self, Arguments... arguments) {
    return Function(*static_cast<State*>(self), arguments...);
  }

  static void bind(ApiFunction<Result(Arguments...)>& entry, State& state) {
    entry.bind(&state, &call);
  }
};

void bindCommon(Api& api, State& state) {
  Entry<&establishContext>::bind(api.establishContext, state);
  Entry<&releaseContext>::bind(api.releaseContext, state);
  Entry<&isValidContext>::bind(api.isValidContext, state);
  Entry<&cancel>::bind(api.cancel, state);
  Entry<&freeMemory>::bind(api.freeMemory, state);
  Entry<&listReaders>::bind(api.listReaders, state);
  Entry<&listReaderGroups>::bind(api.listReaderGroups, state);
  Entry<&getStatusChange>::bind(api.getStatusChange, state);
  Entry<&connect>::bind(api.connect, state);
  Entry<&reconnect>::bind(api.reconnect, state);
  Entry<&disconnect>::bind(api.disconnect, state);
  Entry<&beginTransaction>::bind(api.beginTransaction, state);
  Entry<&endTransaction>::bind(api.endTransaction, state);
  Entry<&status>::bind(api.status, state);
  Entry<&transmit>::bind(api.transmit, state);
  Entry<&control>::bind(api.control, state);
  Entry<&getAttrib>::bind(api.getAttrib, state);
  Entry<&setAttrib>::bind(api.setAttrib, state);
}

void bindDatabase(Api& api, State& state) {
  Entry<&accessStartedEvent>::bind(api.accessStartedEvent, state);
  Entry<&releaseStartedEvent>::bind(api.releaseStartedEvent, state);
  Entry<&listReadersWithDeviceInstanceId>::bind(api.listReadersWithDeviceInstanceId, state);
  Entry<&introduceReader>::bind(api.introduceReader, state);
  Entry<&forgetReader>::bind(api.forgetReader, state);
  Entry<&introduceReaderGroup>::bind(api.introduceReaderGroup, state);
  Entry<&forgetReaderGroup>::bind(api.forgetReaderGroup, state);
  Entry<&addReaderToGroup>::bind(api.addReaderToGroup, state);
  Entry<&removeReaderFromGroup>::bind(api.removeReaderFromGroup, state);
  Entry<&introduceCardType>::bind(api.introduceCardType, state);
  Entry<&forgetCardType>::bind(api.forgetCardType, state);
  Entry<&listCards>::bind(api.listCards, state);
  Entry<&listInterfaces>::bind(api.listInterfaces, state);
  Entry<&getProviderId>::bind(api.getProviderId, state);
  Entry<&getCardTypeProviderName>::bind(api.getCardTypeProviderName, state);
  Entry<&setCardTypeProviderName>::bind(api.setCardTypeProviderName, state);
  Entry<&locateCards>::bind(api.locateCards, state);
  Entry<&locateCardsByAtr>::bind(api.locateCardsByAtr, state);
  Entry<&getTransmitCount>::bind(api.getTransmitCount, state);
  Entry<&getDeviceTypeId>::bind(api.getDeviceTypeId, state);
  Entry<&getReaderIcon>::bind(api.getReaderIcon, state);
  Entry<&getReaderDeviceInstanceId>::bind(api.getReaderDeviceInstanceId, state);
  Entry<&readCache>::bind(api.readCache, state);
  Entry<&writeCache>::bind(api.writeCache, state);
  Entry<&audit>::bind(api.audit, state);
}

}  // namespace

void fillTable(Api& api, State& state) {
  api = Api{};
  bindCommon(api, state);
  if (state.profile().hasDatabase) bindDatabase(api, state);
}

}  // namespace scard::virtualrm
