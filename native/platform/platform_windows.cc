#include <windows.h>

#include <array>
#include <cstring>

#include "platform/platform.h"

namespace scard::platform {

namespace {

// Functions that exist once, without an A/W pair.
constexpr std::array kWithoutText = {"SCardEstablishContext",
                                     "SCardReleaseContext",
                                     "SCardIsValidContext",
                                     "SCardCancel",
                                     "SCardAccessStartedEvent",
                                     "SCardReleaseStartedEvent",
                                     "SCardFreeMemory",
                                     "SCardReconnect",
                                     "SCardDisconnect",
                                     "SCardBeginTransaction",
                                     "SCardEndTransaction",
                                     "SCardTransmit",
                                     "SCardGetTransmitCount",
                                     "SCardControl",
                                     "SCardGetAttrib",
                                     "SCardSetAttrib",
                                     "SCardAudit"};

bool hasText(const char* name) {
  for (const char* plain : kWithoutText) {
    if (std::strcmp(plain, name) == 0) return false;
  }
  return true;
}

bool isDialog(const char* name) {
  return std::strcmp(name, "SCardUIDlgSelectCard") == 0 ||
         std::strcmp(name, "GetOpenCardName") == 0;
}

std::string lastErrorText(DWORD error) {
  wchar_t* text = nullptr;
  const DWORD length = FormatMessageW(
      FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
      nullptr, error, 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
  std::string message = "error " + std::to_string(error);
  if (length != 0) message += ": " + decode(StringView(text, length));
  LocalFree(text);
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) message.pop_back();
  return message;
}

}  // namespace

String encode(std::string_view utf8) {
  const int length = static_cast<int>(utf8.size());
  const int needed = MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, nullptr, 0);
  String text(static_cast<std::size_t>(needed), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, text.data(), needed);
  return text;
}

std::string decode(StringView text) {
  const int length = static_cast<int>(text.size());
  const int needed =
      WideCharToMultiByte(CP_UTF8, 0, text.data(), length, nullptr, 0, nullptr, nullptr);
  std::string utf8(static_cast<std::size_t>(needed), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), length, utf8.data(), needed, nullptr, nullptr);
  return utf8;
}

std::vector<std::string> libraryPaths() { return {"winscard.dll"}; }

void* openLibrary(const std::string& path, std::string& message) {
  // A bare name comes from System32 only: never from the application's or the current folder.
  const bool bare = path.find_first_of("\\/") == std::string::npos;
  const DWORD flags = bare ? LOAD_LIBRARY_SEARCH_SYSTEM32 : LOAD_WITH_ALTERED_SEARCH_PATH;
  HMODULE library = LoadLibraryExW(encode(path).c_str(), nullptr, flags);
  if (library == nullptr) message = lastErrorText(GetLastError());
  return library;
}

void* findFunction(void* library, const char* name) {
  auto* module = static_cast<HMODULE>(library);
  if (isDialog(name)) {
    module = LoadLibraryExW(L"scarddlg.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (module == nullptr) return nullptr;
  }
  const std::string symbol = hasText(name) ? std::string(name) + "W" : std::string(name);
  return reinterpret_cast<void*>(GetProcAddress(module, symbol.c_str()));
}

Dialect dialect() {
  return Dialect{.stateIsEnumeration = true, .rawProtocol = 0x10000, .attributeCapacity = 4096};
}

std::uint32_t controlCode(std::uint32_t function) { return 0x00310000U | (function << 2); }

void nameThread(const char* name) {
  // Looked up at run time: absent before Windows 10 1607.
  using SetDescription = HRESULT(WINAPI*)(HANDLE, PCWSTR);
  auto* address = reinterpret_cast<void*>(
      GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "SetThreadDescription"));
  if (address != nullptr) {
    reinterpret_cast<SetDescription>(address)(GetCurrentThread(), encode(name).c_str());
  }
}

void pinModule() {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<LPCWSTR>(&pinModule), &module);
}

}  // namespace scard::platform
