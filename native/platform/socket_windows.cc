#include <winsock2.h>
#include <ws2tcpip.h>

#include <algorithm>
#include <array>
#include <climits>
#include <system_error>

#include "platform/platform.h"
#include "platform/socket.h"

namespace scard::platform {

// In no anonymous namespace: what Waker and Socket hold has the linkage that they have.

/// Winsock counts its users itself.
class Winsock {
 public:
  Winsock() {
    WSADATA data;
    const int error = WSAStartup(MAKEWORD(2, 2), &data);
    if (error != 0) throw std::system_error(error, std::system_category(), "WSAStartup");
  }
  Winsock(const Winsock&) = delete;
  Winsock& operator=(const Winsock&) = delete;
  ~Winsock() { WSACleanup(); }
};

class SocketEvent {
 public:
  SocketEvent() : handle(WSACreateEvent()) {
    if (handle == WSA_INVALID_EVENT)
      throw std::system_error(WSAGetLastError(), std::system_category(), "WSACreateEvent");
  }
  SocketEvent(const SocketEvent&) = delete;
  SocketEvent& operator=(const SocketEvent&) = delete;
  ~SocketEvent() { WSACloseEvent(handle); }

  const WSAEVENT handle;
};

namespace {

using std::chrono::milliseconds;

std::string errorText(int error) { return std::system_category().message(error); }

DWORD timeoutOf(milliseconds patience) {
  return patience.count() < 0 ? WSA_INFINITE : static_cast<DWORD>(patience.count());
}

struct FreeAddresses {
  void operator()(ADDRINFOW* list) const { FreeAddrInfoW(list); }
};

std::unique_ptr<ADDRINFOW, FreeAddresses> addressesOf(const std::string& host, std::uint16_t port,
                                                      std::string& message) {
  ADDRINFOW hints{};
  hints.ai_socktype = SOCK_STREAM;
  ADDRINFOW* list = nullptr;
  const int error =
      GetAddrInfoW(encode(host).c_str(), std::to_wstring(port).c_str(), &hints, &list);
  if (error != 0) message = errorText(error);
  return std::unique_ptr<ADDRINFOW, FreeAddresses>(error == 0 ? list : nullptr);
}

int clampedLength(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

struct Waker::Handles {
  Winsock winsock;
  SocketEvent event;
};

Waker::Waker() : handles_(std::make_unique<Handles>()) {}

Waker::~Waker() = default;

void Waker::wake() noexcept { WSASetEvent(handles_->event.handle); }

void Waker::clear() noexcept { WSAResetEvent(handles_->event.handle); }

bool Waker::waitFor(milliseconds patience) noexcept {
  return WSAWaitForMultipleEvents(1, &handles_->event.handle, FALSE, timeoutOf(patience), FALSE) !=
         WSA_WAIT_TIMEOUT;
}

struct Socket::Handles {
  Winsock winsock;
  SocketEvent event;
  SOCKET socket = INVALID_SOCKET;

  ~Handles() {
    if (socket != INVALID_SOCKET) closesocket(socket);
  }

  /// What happened is remembered by Winsock until the call that it allows was made again.
  Wait wait(WSAEVENT waker, milliseconds patience, WSANETWORKEVENTS& happened) {
    const std::array<WSAEVENT, 2> events{waker, event.handle};
    const DWORD which =
        WSAWaitForMultipleEvents(2, events.data(), FALSE, timeoutOf(patience), FALSE);
    if (which == WSA_WAIT_TIMEOUT) return Wait::kTimedOut;
    if (which == WSA_WAIT_EVENT_0) return Wait::kWoken;
    WSAEnumNetworkEvents(socket, event.handle, &happened);
    return Wait::kReady;
  }

  /// The error, 0 when connected, -1 when woken.
  int connectTo(const ADDRINFOW& address, WSAEVENT waker, milliseconds patience) {
    socket = WSASocketW(address.ai_family, SOCK_STREAM, 0, nullptr, 0,
                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (socket == INVALID_SOCKET) return WSAGetLastError();
    // Also makes the socket one that never blocks.
    WSAEventSelect(socket, event.handle, FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE);
    if (::connect(socket, address.ai_addr, static_cast<int>(address.ai_addrlen)) == 0) return 0;
    if (WSAGetLastError() != WSAEWOULDBLOCK) return WSAGetLastError();
    WSANETWORKEVENTS happened{};
    const Wait outcome = wait(waker, patience, happened);
    if (outcome == Wait::kWoken) return -1;
    if (outcome == Wait::kTimedOut) return WSAETIMEDOUT;
    return happened.iErrorCode[FD_CONNECT_BIT];
  }
};

Socket::Socket(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {
  const BOOL on = TRUE;
  setsockopt(handles_->socket, IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&on),
             sizeof on);
}

Socket::~Socket() = default;

std::unique_ptr<Socket> Socket::connect(const std::string& host, std::uint16_t port, Waker& waker,
                                        milliseconds patience, std::string& message) {
  const auto addresses = addressesOf(host, port, message);
  for (const ADDRINFOW* address = addresses.get(); address != nullptr; address = address->ai_next) {
    auto handles = std::make_unique<Handles>();
    const int error = handles->connectTo(*address, waker.handles_->event.handle, patience);
    if (error == 0) return std::unique_ptr<Socket>(new Socket(std::move(handles)));
    if (error < 0) return nullptr;
    message = errorText(error);
  }
  return nullptr;
}

Socket::Wait Socket::waitToReceive(Waker& waker, milliseconds patience) {
  WSANETWORKEVENTS happened{};
  return handles_->wait(waker.handles_->event.handle, patience, happened);
}

Socket::Wait Socket::waitToSend(Waker& waker, milliseconds patience) {
  return waitToReceive(waker, patience);
}

namespace {

Socket::Transfer transferOf(int result) {
  using Kind = Socket::Transfer::Kind;
  if (result != SOCKET_ERROR) return {Kind::kDone, static_cast<std::size_t>(result)};
  return {WSAGetLastError() == WSAEWOULDBLOCK ? Kind::kAgain : Kind::kClosed, 0};
}

}  // namespace

Socket::Transfer Socket::receive(std::span<std::uint8_t> into) {
  const Transfer transfer = transferOf(
      recv(handles_->socket, reinterpret_cast<char*>(into.data()), clampedLength(into.size()), 0));
  const bool ended = transfer.kind == Transfer::Kind::kDone && transfer.bytes == 0;
  return ended ? Transfer{} : transfer;
}

Socket::Transfer Socket::send(std::span<const std::uint8_t> bytes) {
  return transferOf(::send(handles_->socket, reinterpret_cast<const char*>(bytes.data()),
                           clampedLength(bytes.size()), 0));
}

}  // namespace scard::platform
