// Functions of Windows Vista and later, which mingw-w64's header does not have: by their
// documentation.
#include <windows.h>

#include "manager.h"

using SCARDCONTEXT = ULONG_PTR;
using SCARDHANDLE = ULONG_PTR;
using winscard::api;
using winscard::call;

extern "C" {

LONG WINAPI SCardListReadersWithDeviceInstanceIdW(SCARDCONTEXT context, LPCWSTR instanceId,
                                                  LPWSTR readers, LPDWORD length) {
  return call("SCardListReadersWithDeviceInstanceIdW", api().listReadersWithDeviceInstanceId,
              context, instanceId, readers, length);
}

LONG WINAPI SCardGetTransmitCount(SCARDHANDLE card, LPDWORD count) {
  return call("SCardGetTransmitCount", api().getTransmitCount, card, count);
}

LONG WINAPI SCardGetDeviceTypeIdW(SCARDCONTEXT context, LPCWSTR reader, LPDWORD type) {
  return call("SCardGetDeviceTypeIdW", api().getDeviceTypeId, context, reader, type);
}

LONG WINAPI SCardGetReaderIconW(SCARDCONTEXT context, LPCWSTR reader, LPBYTE icon, LPDWORD length) {
  return call("SCardGetReaderIconW", api().getReaderIcon, context, reader, icon, length);
}

LONG WINAPI SCardGetReaderDeviceInstanceIdW(SCARDCONTEXT context, LPCWSTR reader, LPWSTR instanceId,
                                            LPDWORD length) {
  return call("SCardGetReaderDeviceInstanceIdW", api().getReaderDeviceInstanceId, context, reader,
              instanceId, length);
}

LONG WINAPI SCardReadCacheW(SCARDCONTEXT context, GUID* card, DWORD freshness, LPWSTR name,
                            PBYTE data, DWORD* length) {
  return call("SCardReadCacheW", api().readCache, context, card, freshness, name, data, length);
}

LONG WINAPI SCardWriteCacheW(SCARDCONTEXT context, GUID* card, DWORD freshness, LPWSTR name,
                             PBYTE data, DWORD length) {
  return call("SCardWriteCacheW", api().writeCache, context, card, freshness, name, data, length);
}

LONG WINAPI SCardAudit(SCARDCONTEXT context, DWORD event) {
  return call("SCardAudit", api().audit, context, event);
}

}  // extern "C"
