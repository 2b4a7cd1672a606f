// A TCP server on a free port of this machine, for tests that play the other end of a connection.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace scard::test {

/// One accepted connection. Reads wait up to 20 s, so that a test fails instead of hanging.
class Peer {
 public:
  explicit Peer(std::intptr_t socket) : socket_(socket) {}
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&&) = delete;
  ~Peer();

  void send(const std::vector<std::uint8_t>& bytes) const;
  /// That many bytes; fewer when the connection ended.
  std::vector<std::uint8_t> receive(std::size_t length) const;
  /// Whether the other end closes the connection. What comes before that is dropped.
  bool ended() const;

 private:
  std::intptr_t socket_;
};

class TcpServer {
 public:
  /// Port 0: any that is free.
  explicit TcpServer(std::uint16_t port = 0);
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;
  ~TcpServer();

  std::uint16_t port() const { return port_; }
  /// Waits for a connection.
  Peer accept() const;

 private:
  std::intptr_t socket_;
  std::uint16_t port_ = 0;
};

}  // namespace scard::test
