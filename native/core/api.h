// The table of PC/SC functions: the only door from the core to a resource manager.
// It is both the lazy loader's target (core/library.h) and the seam for tests and for the
// embedded virtual subsystem: an entry is either a C function of the platform's library or a
// function bound to an object.
#pragma once

#include <cstdint>

#include "platform/abi.h"

namespace scard {

template <typename Signature>
class ApiFunction;

/// One entry of the table. Empty when the resource manager lacks the function.
template <typename Result, typename... Arguments>
class ApiFunction<Result(Arguments...)> {
 public:
  using Plain = Result(SCARD_CALL*)(Arguments...);
  using Bound = Result (*)(void* self, Arguments...);

  constexpr ApiFunction() = default;

  /// Fills the entry with a function of the platform's library.
  void set(Plain function) {
    plain_ = function;
    bound_ = nullptr;
    self_ = nullptr;
  }

  /// Fills the entry with a function that gets `self` as its first argument; `self` must outlive
  /// the table.
  void bind(void* self, Bound function) {
    plain_ = nullptr;
    bound_ = function;
    self_ = self;
  }

  /// As loaded by name: the address of a function of exactly this type.
  void setAddress(void* address) { set(reinterpret_cast<Plain>(address)); }

  explicit operator bool() const { return plain_ != nullptr || bound_ != nullptr; }

  Result operator()(Arguments... arguments) const {
    return bound_ != nullptr ? bound_(self_, arguments...) : plain_(arguments...);
  }

 private:
  Plain plain_ = nullptr;
  Bound bound_ = nullptr;
  void* self_ = nullptr;
};

/// The whole winscard surface (45 functions). Types and order of arguments are winscard's.
struct Api {
  using Long = abi::Long;
  using Dword = abi::Dword;
  using Context = abi::ContextHandle;
  using Card = abi::CardHandle;
  using Char = abi::Char;
  using Guid = abi::Guid;
  using Byte = std::uint8_t;

  // Contexts and the service.
  ApiFunction<Long(Dword scope, const void*, const void*, Context*)> establishContext;
  ApiFunction<Long(Context)> releaseContext;
  ApiFunction<Long(Context)> isValidContext;
  ApiFunction<Long(Context)> cancel;
  ApiFunction<void*()> accessStartedEvent;
  ApiFunction<void()> releaseStartedEvent;
  ApiFunction<Long(Context, const void*)> freeMemory;

  // Readers and reader groups.
  ApiFunction<Long(Context, const Char* groups, Char* readers, Dword* length)> listReaders;
  ApiFunction<Long(Context, Char* groups, Dword* length)> listReaderGroups;
  ApiFunction<Long(Context, const Char* instanceId, Char* readers, Dword* length)>
      listReadersWithDeviceInstanceId;
  ApiFunction<Long(Context, const Char* reader, const Char* device)> introduceReader;
  ApiFunction<Long(Context, const Char* reader)> forgetReader;
  ApiFunction<Long(Context, const Char* group)> introduceReaderGroup;
  ApiFunction<Long(Context, const Char* group)> forgetReaderGroup;
  ApiFunction<Long(Context, const Char* reader, const Char* group)> addReaderToGroup;
  ApiFunction<Long(Context, const Char* reader, const Char* group)> removeReaderFromGroup;

  // Card types.
  ApiFunction<Long(Context, const Char* card, const Guid* provider, const Guid* interfaces,
                   Dword count, const Byte* atr, const Byte* mask, Dword atrLength)>
      introduceCardType;
  ApiFunction<Long(Context, const Char* card)> forgetCardType;
  ApiFunction<Long(Context, const Byte* atr, const Guid* interfaces, Dword count, Char* cards,
                   Dword* length)>
      listCards;
  ApiFunction<Long(Context, const Char* card, Guid* interfaces, Dword* count)> listInterfaces;
  ApiFunction<Long(Context, const Char* card, Guid* provider)> getProviderId;
  ApiFunction<Long(Context, const Char* card, Dword id, Char* name, Dword* length)>
      getCardTypeProviderName;
  ApiFunction<Long(Context, const Char* card, Dword id, const Char* name)> setCardTypeProviderName;
  ApiFunction<Long(Context, const Char* cards, abi::ReaderState*, Dword count)> locateCards;
  ApiFunction<Long(Context, const abi::AtrMask*, Dword masks, abi::ReaderState*, Dword count)>
      locateCardsByAtr;

  // Tracking.
  ApiFunction<Long(Context, Dword timeout, abi::ReaderState*, Dword count)> getStatusChange;

  // Cards.
  ApiFunction<Long(Context, const Char* reader, Dword share, Dword protocols, Card*,
                   Dword* protocol)>
      connect;
  ApiFunction<Long(Card, Dword share, Dword protocols, Dword initialization, Dword* protocol)>
      reconnect;
  ApiFunction<Long(Card, Dword disposition)> disconnect;
  ApiFunction<Long(Card)> beginTransaction;
  ApiFunction<Long(Card, Dword disposition)> endTransaction;
  ApiFunction<Long(Card, Char* readers, Dword* readersLength, Dword* state, Dword* protocol,
                   Byte* atr, Dword* atrLength)>
      status;
  ApiFunction<Long(Card, const abi::IoRequest* sendPci, const Byte* command, Dword commandLength,
                   abi::IoRequest* receivePci, Byte* response, Dword* responseLength)>
      transmit;
  ApiFunction<Long(Card, Dword* count)> getTransmitCount;
  ApiFunction<Long(Card, Dword code, const void* input, Dword inputLength, void* output,
                   Dword outputCapacity, Dword* outputLength)>
      control;
  ApiFunction<Long(Card, Dword attribute, Byte* value, Dword* length)> getAttrib;
  ApiFunction<Long(Card, Dword attribute, const Byte* value, Dword length)> setAttrib;

  // Reader metadata, cache, audit and selection.
  ApiFunction<Long(Context, const Char* reader, Dword* type)> getDeviceTypeId;
  ApiFunction<Long(Context, const Char* reader, Byte* icon, Dword* length)> getReaderIcon;
  ApiFunction<Long(Context, const Char* reader, Char* instanceId, Dword* length)>
      getReaderDeviceInstanceId;
  ApiFunction<Long(Context, const Guid* card, Dword freshness, const Char* name, Byte* data,
                   Dword* length)>
      readCache;
  ApiFunction<Long(Context, const Guid* card, Dword freshness, const Char* name, const Byte* data,
                   Dword length)>
      writeCache;
  ApiFunction<Long(Context, Dword event)> audit;
  ApiFunction<Long(void* dialog)> uiDlgSelectCard;
  ApiFunction<Long(void* dialog)> getOpenCardName;
};

/// Visits every entry as `visitor(entry, winscardName)`, in the order of the table.
template <typename Visitor>
void forEachFunction(Api& api, Visitor&& visitor) {
  visitor(api.establishContext, "SCardEstablishContext");
  visitor(api.releaseContext, "SCardReleaseContext");
  visitor(api.isValidContext, "SCardIsValidContext");
  visitor(api.cancel, "SCardCancel");
  visitor(api.accessStartedEvent, "SCardAccessStartedEvent");
  visitor(api.releaseStartedEvent, "SCardReleaseStartedEvent");
  visitor(api.freeMemory, "SCardFreeMemory");
  visitor(api.listReaders, "SCardListReaders");
  visitor(api.listReaderGroups, "SCardListReaderGroups");
  visitor(api.listReadersWithDeviceInstanceId, "SCardListReadersWithDeviceInstanceId");
  visitor(api.introduceReader, "SCardIntroduceReader");
  visitor(api.forgetReader, "SCardForgetReader");
  visitor(api.introduceReaderGroup, "SCardIntroduceReaderGroup");
  visitor(api.forgetReaderGroup, "SCardForgetReaderGroup");
  visitor(api.addReaderToGroup, "SCardAddReaderToGroup");
  visitor(api.removeReaderFromGroup, "SCardRemoveReaderFromGroup");
  visitor(api.introduceCardType, "SCardIntroduceCardType");
  visitor(api.forgetCardType, "SCardForgetCardType");
  visitor(api.listCards, "SCardListCards");
  visitor(api.listInterfaces, "SCardListInterfaces");
  visitor(api.getProviderId, "SCardGetProviderId");
  visitor(api.getCardTypeProviderName, "SCardGetCardTypeProviderName");
  visitor(api.setCardTypeProviderName, "SCardSetCardTypeProviderName");
  visitor(api.locateCards, "SCardLocateCards");
  visitor(api.locateCardsByAtr, "SCardLocateCardsByATR");
  visitor(api.getStatusChange, "SCardGetStatusChange");
  visitor(api.connect, "SCardConnect");
  visitor(api.reconnect, "SCardReconnect");
  visitor(api.disconnect, "SCardDisconnect");
  visitor(api.beginTransaction, "SCardBeginTransaction");
  visitor(api.endTransaction, "SCardEndTransaction");
  visitor(api.status, "SCardStatus");
  visitor(api.transmit, "SCardTransmit");
  visitor(api.getTransmitCount, "SCardGetTransmitCount");
  visitor(api.control, "SCardControl");
  visitor(api.getAttrib, "SCardGetAttrib");
  visitor(api.setAttrib, "SCardSetAttrib");
  visitor(api.getDeviceTypeId, "SCardGetDeviceTypeId");
  visitor(api.getReaderIcon, "SCardGetReaderIcon");
  visitor(api.getReaderDeviceInstanceId, "SCardGetReaderDeviceInstanceId");
  visitor(api.readCache, "SCardReadCache");
  visitor(api.writeCache, "SCardWriteCache");
  visitor(api.audit, "SCardAudit");
  visitor(api.uiDlgSelectCard, "SCardUIDlgSelectCard");
  visitor(api.getOpenCardName, "GetOpenCardName");
}

}  // namespace scard
