// The functions of the table, grouped as in core/api.h. Each is one winscard call on a State.
#pragma once

#include "core/virtual/state.h"

namespace scard::virtualrm {

using ContextHandle = abi::ContextHandle;
using CardHandle = abi::CardHandle;
using Byte = std::uint8_t;

// contexts.cc
Long establishContext(State& state, Dword scope, const void*, const void*, ContextHandle* context);
Long releaseContext(State& state, ContextHandle handle);
Long isValidContext(State& state, ContextHandle handle);
Long cancel(State& state, ContextHandle handle);
void* accessStartedEvent(State& state);
void releaseStartedEvent(State& state);
Long freeMemory(State& state, ContextHandle handle, const void* memory);

// reader_lists.cc
Long listReaders(State& state, ContextHandle handle, const Char* groups, Char* readers,
                 Dword* length);
Long listReaderGroups(State& state, ContextHandle handle, Char* groups, Dword* length);
Long listReadersWithDeviceInstanceId(State& state, ContextHandle handle, const Char* instanceId,
                                     Char* readers, Dword* length);

// groups.cc
Long introduceReader(State& state, ContextHandle handle, const Char* reader, const Char* device);
Long forgetReader(State& state, ContextHandle handle, const Char* reader);
Long introduceReaderGroup(State& state, ContextHandle handle, const Char* group);
Long forgetReaderGroup(State& state, ContextHandle handle, const Char* group);
Long addReaderToGroup(State& state, ContextHandle handle, const Char* reader, const Char* group);
Long removeReaderFromGroup(State& state, ContextHandle handle, const Char* reader,
                           const Char* group);

// card_types.cc
Long introduceCardType(State& state, ContextHandle handle, const Char* card, const Guid* provider,
                       const Guid* interfaces, Dword count, const Byte* atr, const Byte* mask,
                       Dword atrLength);
Long forgetCardType(State& state, ContextHandle handle, const Char* card);
Long listCards(State& state, ContextHandle handle, const Byte* atr, const Guid* interfaces,
               Dword count, Char* cards, Dword* length);
Long listInterfaces(State& state, ContextHandle handle, const Char* card, Guid* interfaces,
                    Dword* count);
Long getProviderId(State& state, ContextHandle handle, const Char* card, Guid* provider);
Long getCardTypeProviderName(State& state, ContextHandle handle, const Char* card, Dword id,
                             Char* name, Dword* length);
Long setCardTypeProviderName(State& state, ContextHandle handle, const Char* card, Dword id,
                             const Char* name);

// locate.cc
Long locateCards(State& state, ContextHandle handle, const Char* cards, abi::ReaderState* states,
                 Dword count);
Long locateCardsByAtr(State& state, ContextHandle handle, const abi::AtrMask* masks,
                      Dword maskCount, abi::ReaderState* states, Dword count);

// status_change.cc
Long getStatusChange(State& state, ContextHandle handle, Dword timeout, abi::ReaderState* states,
                     Dword count);

// connections.cc
Long connect(State& state, ContextHandle handle, const Char* reader, Dword shareMode,
             Dword protocols, CardHandle* card, Dword* activeProtocol);
Long reconnect(State& state, CardHandle handle, Dword shareMode, Dword protocols,
               Dword initialization, Dword* activeProtocol);
Long disconnect(State& state, CardHandle handle, Dword disposition);

// transactions.cc
Long beginTransaction(State& state, CardHandle handle);
Long endTransaction(State& state, CardHandle handle, Dword disposition);

// transmit.cc
Long transmit(State& state, CardHandle handle, const abi::IoRequest* sendPci, const Byte* command,
              Dword commandLength, abi::IoRequest* receivePci, Byte* response,
              Dword* responseLength);
Long getTransmitCount(State& state, CardHandle handle, Dword* count);

// status.cc
Long status(State& state, CardHandle handle, Char* readers, Dword* readersLength, Dword* cardState,
            Dword* activeProtocol, Byte* atr, Dword* atrLength);

// control.cc
Long control(State& state, CardHandle handle, Dword code, const void* input, Dword inputLength,
             void* output, Dword outputCapacity, Dword* outputLength);

// attributes.cc
Long getAttrib(State& state, CardHandle handle, Dword attribute, Byte* value, Dword* length);
Long setAttrib(State& state, CardHandle handle, Dword attribute, const Byte* value, Dword length);

// metadata.cc
Long getDeviceTypeId(State& state, ContextHandle handle, const Char* reader, Dword* type);
Long getReaderIcon(State& state, ContextHandle handle, const Char* reader, Byte* icon,
                   Dword* length);
Long getReaderDeviceInstanceId(State& state, ContextHandle handle, const Char* reader,
                               Char* instanceId, Dword* length);
Long audit(State& state, ContextHandle handle, Dword event);

// cache.cc
Long readCache(State& state, ContextHandle handle, const Guid* card, Dword freshness,
               const Char* name, Byte* data, Dword* length);
Long writeCache(State& state, ContextHandle handle, const Guid* card, Dword freshness,
                const Char* name, const Byte* data, Dword length);

}  // namespace scard::virtualrm
