#include "tcp_server.h"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <winsock2.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#endif

namespace scard::test {

namespace {

constexpr int kPatienceSeconds = 20;

#if defined(_WIN32)
using Native = SOCKET;
using Length = int;
void closeNative(Native socket) { closesocket(socket); }
void startSockets() {
  WSADATA data;
  WSAStartup(MAKEWORD(2, 2), &data);
}
void stopSockets() { WSACleanup(); }
void limitReads(Native socket) {
  const DWORD limit = kPatienceSeconds * 1000;
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, reinterpret_cast<const char*>(&limit), sizeof limit);
}
constexpr int kSendFlags = 0;
#else
using Native = int;
using Length = socklen_t;
void closeNative(Native socket) { close(socket); }
void startSockets() {}
void stopSockets() {}
void limitReads(Native socket) {
  const timeval limit{kPatienceSeconds, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}
#if defined(MSG_NOSIGNAL)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif
#endif

Native nativeOf(std::intptr_t socket) { return static_cast<Native>(socket); }

}  // namespace

Peer::Peer(Peer&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

Peer::~Peer() {
  if (socket_ != -1) closeNative(nativeOf(socket_));
}

void Peer::send(const std::vector<std::uint8_t>& bytes) const {
  // What a test cannot send, it will miss.
  static_cast<void>(::send(nativeOf(socket_), reinterpret_cast<const char*>(bytes.data()),
                           static_cast<Length>(bytes.size()), kSendFlags));
}

std::vector<std::uint8_t> Peer::receive(std::size_t length) const {
  std::vector<std::uint8_t> bytes(length);
  std::size_t received = 0;
  while (received < length) {
    const auto count = recv(nativeOf(socket_), reinterpret_cast<char*>(bytes.data() + received),
                            static_cast<Length>(length - received), 0);
    if (count <= 0) break;
    received += static_cast<std::size_t>(count);
  }
  bytes.resize(received);
  return bytes;
}

bool Peer::ended() const {
  std::array<char, 4096> waste;
  for (;;) {
    const auto count = recv(nativeOf(socket_), waste.data(), static_cast<Length>(waste.size()), 0);
    if (count == 0) return true;
#if !defined(_WIN32)
    if (count < 0) return errno == ECONNRESET;
#else
    if (count < 0) return WSAGetLastError() == WSAECONNRESET;
#endif
  }
}

TcpServer::TcpServer(std::uint16_t port) {
  startSockets();
  const Native server = ::socket(AF_INET, SOCK_STREAM, 0);
  socket_ = static_cast<std::intptr_t>(server);
  limitReads(server);
#if !defined(_WIN32)
  const int on = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
#endif
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  Length length = sizeof address;
  if (bind(server, generic, length) != 0 || listen(server, 4) != 0 ||
      getsockname(server, generic, &length) != 0) {
    throw std::runtime_error("no server");
  }
  port_ = ntohs(address.sin_port);
}

TcpServer::~TcpServer() {
  closeNative(nativeOf(socket_));
  stopSockets();
}

Peer TcpServer::accept() const {
  const Native peer = ::accept(nativeOf(socket_), nullptr, nullptr);
  if (static_cast<std::intptr_t>(peer) == -1) throw std::runtime_error("nobody connected");
  limitReads(peer);
  return Peer(static_cast<std::intptr_t>(peer));
}

}  // namespace scard::test
