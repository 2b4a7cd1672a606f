// winscard.dll's functions, by the prototypes of the SDK header: what differs does not
// compile.
// clang-format off: windows.h comes before winscard.h.
#include <windows.h>
#include <winscard.h>

#include <cstddef>
// clang-format on

#include "manager.h"

using winscard::api;
using winscard::call;

static_assert(sizeof(scard::abi::ReaderState) == sizeof(SCARD_READERSTATEW));
static_assert(offsetof(scard::abi::ReaderState, atr) == offsetof(SCARD_READERSTATEW, rgbAtr));
static_assert(sizeof(scard::abi::AtrMask) == sizeof(SCARD_ATRMASK));
static_assert(sizeof(scard::abi::IoRequest) == sizeof(SCARD_IO_REQUEST));

LONG WINAPI SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
                                  LPSCARDCONTEXT context) {
  return call("SCardEstablishContext", api().establishContext, scope, reserved1, reserved2,
              context);
}

LONG WINAPI SCardReleaseContext(SCARDCONTEXT context) {
  return call("SCardReleaseContext", api().releaseContext, context);
}

LONG WINAPI SCardIsValidContext(SCARDCONTEXT context) {
  return call("SCardIsValidContext", api().isValidContext, context);
}

LONG WINAPI SCardCancel(SCARDCONTEXT context) { return call("SCardCancel", api().cancel, context); }

LONG WINAPI SCardFreeMemory(SCARDCONTEXT context, LPCVOID mem) {
  return call("SCardFreeMemory", api().freeMemory, context, mem);
}

LONG WINAPI SCardListReadersW(SCARDCONTEXT context, LPCWSTR groups, LPWSTR readers,
                              LPDWORD length) {
  return call("SCardListReadersW", api().listReaders, context, groups, readers, length);
}

LONG WINAPI SCardListReaderGroupsW(SCARDCONTEXT context, LPWSTR groups, LPDWORD length) {
  return call("SCardListReaderGroupsW", api().listReaderGroups, context, groups, length);
}

LONG WINAPI SCardIntroduceReaderW(SCARDCONTEXT context, LPCWSTR readerName, LPCWSTR deviceName) {
  return call("SCardIntroduceReaderW", api().introduceReader, context, readerName, deviceName);
}

LONG WINAPI SCardForgetReaderW(SCARDCONTEXT context, LPCWSTR readerName) {
  return call("SCardForgetReaderW", api().forgetReader, context, readerName);
}

LONG WINAPI SCardIntroduceReaderGroupW(SCARDCONTEXT context, LPCWSTR groupName) {
  return call("SCardIntroduceReaderGroupW", api().introduceReaderGroup, context, groupName);
}

LONG WINAPI SCardForgetReaderGroupW(SCARDCONTEXT context, LPCWSTR groupName) {
  return call("SCardForgetReaderGroupW", api().forgetReaderGroup, context, groupName);
}

LONG WINAPI SCardAddReaderToGroupW(SCARDCONTEXT context, LPCWSTR readerName, LPCWSTR groupName) {
  return call("SCardAddReaderToGroupW", api().addReaderToGroup, context, readerName, groupName);
}

LONG WINAPI SCardRemoveReaderFromGroupW(SCARDCONTEXT context, LPCWSTR readerName,
                                        LPCWSTR groupName) {
  return call("SCardRemoveReaderFromGroupW", api().removeReaderFromGroup, context, readerName,
              groupName);
}

LONG WINAPI SCardIntroduceCardTypeW(SCARDCONTEXT context, LPCWSTR cardName, LPCGUID primaryProvider,
                                    LPCGUID interfaces, DWORD interfaceCount, LPCBYTE atr,
                                    LPCBYTE atrMask, DWORD atrLen) {
  return call("SCardIntroduceCardTypeW", api().introduceCardType, context, cardName,
              primaryProvider, interfaces, interfaceCount, atr, atrMask, atrLen);
}

LONG WINAPI SCardForgetCardTypeW(SCARDCONTEXT context, LPCWSTR cardName) {
  return call("SCardForgetCardTypeW", api().forgetCardType, context, cardName);
}

LONG WINAPI SCardListCardsW(SCARDCONTEXT context, LPCBYTE atr, LPCGUID interfaces,
                            DWORD interfaceCount, LPWSTR cards, LPDWORD length) {
  return call("SCardListCardsW", api().listCards, context, atr, interfaces, interfaceCount, cards,
              length);
}

LONG WINAPI SCardListInterfacesW(SCARDCONTEXT context, LPCWSTR card, LPGUID interfaces,
                                 LPDWORD length) {
  return call("SCardListInterfacesW", api().listInterfaces, context, card, interfaces, length);
}

LONG WINAPI SCardGetProviderIdW(SCARDCONTEXT context, LPCWSTR card, LPGUID providerId) {
  return call("SCardGetProviderIdW", api().getProviderId, context, card, providerId);
}

LONG WINAPI SCardGetCardTypeProviderNameW(SCARDCONTEXT context, LPCWSTR cardName, DWORD providerId,
                                          LPWSTR provider, LPDWORD length) {
  return call("SCardGetCardTypeProviderNameW", api().getCardTypeProviderName, context, cardName,
              providerId, provider, length);
}

LONG WINAPI SCardSetCardTypeProviderNameW(SCARDCONTEXT context, LPCWSTR cardName, DWORD providerId,
                                          LPCWSTR provider) {
  return call("SCardSetCardTypeProviderNameW", api().setCardTypeProviderName, context, cardName,
              providerId, provider);
}

LONG WINAPI SCardLocateCardsW(SCARDCONTEXT context, LPCWSTR cards,
                              LPSCARD_READERSTATEW readerStates, DWORD readers) {
  return call("SCardLocateCardsW", api().locateCards, context, cards, readerStates, readers);
}

LONG WINAPI SCardLocateCardsByATRW(SCARDCONTEXT context, LPSCARD_ATRMASK atrMasks, DWORD atrs,
                                   LPSCARD_READERSTATEW readerStates, DWORD readers) {
  return call("SCardLocateCardsByATRW", api().locateCardsByAtr, context, atrMasks, atrs,
              readerStates, readers);
}

LONG WINAPI SCardGetStatusChangeW(SCARDCONTEXT context, DWORD timeout,
                                  LPSCARD_READERSTATEW readerStates, DWORD readers) {
  return call("SCardGetStatusChangeW", api().getStatusChange, context, timeout, readerStates,
              readers);
}

LONG WINAPI SCardConnectW(SCARDCONTEXT context, LPCWSTR reader, DWORD shareMode,
                          DWORD preferredProtocols, LPSCARDHANDLE card, LPDWORD activeProtocol) {
  return call("SCardConnectW", api().connect, context, reader, shareMode, preferredProtocols, card,
              activeProtocol);
}

LONG WINAPI SCardReconnect(SCARDHANDLE card, DWORD shareMode, DWORD preferredProtocols,
                           DWORD initialization, LPDWORD activeProtocol) {
  return call("SCardReconnect", api().reconnect, card, shareMode, preferredProtocols,
              initialization, activeProtocol);
}

LONG WINAPI SCardDisconnect(SCARDHANDLE card, DWORD disposition) {
  return call("SCardDisconnect", api().disconnect, card, disposition);
}

LONG WINAPI SCardBeginTransaction(SCARDHANDLE card) {
  return call("SCardBeginTransaction", api().beginTransaction, card);
}

LONG WINAPI SCardEndTransaction(SCARDHANDLE card, DWORD disposition) {
  return call("SCardEndTransaction", api().endTransaction, card, disposition);
}

LONG WINAPI SCardStatusW(SCARDHANDLE card, LPWSTR readerName, LPDWORD readerLen, LPDWORD state,
                         LPDWORD protocol, LPBYTE atr, LPDWORD atrLen) {
  return call("SCardStatusW", api().status, card, readerName, readerLen, state, protocol, atr,
              atrLen);
}

LONG WINAPI SCardTransmit(SCARDHANDLE card, LPCSCARD_IO_REQUEST sendPci, LPCBYTE sendBuffer,
                          DWORD sendLength, LPSCARD_IO_REQUEST recvPci, LPBYTE recvBuffer,
                          LPDWORD recvLength) {
  return call("SCardTransmit", api().transmit, card, sendPci, sendBuffer, sendLength, recvPci,
              recvBuffer, recvLength);
}

LONG WINAPI SCardControl(SCARDHANDLE card, DWORD controlCode, LPCVOID inBuffer, DWORD inBufferSize,
                         LPVOID outBuffer, DWORD outBufferSize, LPDWORD bytesReturned) {
  return call("SCardControl", api().control, card, controlCode, inBuffer, inBufferSize, outBuffer,
              outBufferSize, bytesReturned);
}

LONG WINAPI SCardGetAttrib(SCARDHANDLE card, DWORD attrId, LPBYTE attr, LPDWORD attrLen) {
  return call("SCardGetAttrib", api().getAttrib, card, attrId, attr, attrLen);
}

LONG WINAPI SCardSetAttrib(SCARDHANDLE card, DWORD attrId, LPCBYTE attr, DWORD attrLen) {
  return call("SCardSetAttrib", api().setAttrib, card, attrId, attr, attrLen);
}

HANDLE WINAPI SCardAccessStartedEvent() { return api().accessStartedEvent(); }

void WINAPI SCardReleaseStartedEvent() { api().releaseStartedEvent(); }
