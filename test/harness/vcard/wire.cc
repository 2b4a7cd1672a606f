#include "wire.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace vcard {
namespace {

void enable(int socket, int level, int option) {
  const int on = 1;
  setsockopt(socket, level, option, &on, sizeof on);
}

}  // namespace

Waker::Waker() {
  if (pipe(pipe_) != 0) throw std::runtime_error("no pipe");
  for (const int end : pipe_) fcntl(end, F_SETFL, O_NONBLOCK);
}

Waker::~Waker() {
  for (const int end : pipe_) close(end);
}

void Waker::wake() const {
  // A full pipe is awake already.
  [[maybe_unused]] const auto written = write(pipe_[1], "", 1);
}

void Waker::drain() const {
  char waste[64];
  while (read(pipe_[0], waste, sizeof waste) > 0) {
  }
}

std::optional<Connection> Connection::open(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (descriptor < 0) return std::nullopt;
  Connection connection(descriptor);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::nullopt;
  enable(descriptor, IPPROTO_TCP, TCP_NODELAY);
  return connection;
}

Connection::Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

Connection::~Connection() {
  if (socket_ >= 0) close(socket_);
}

Woken Connection::await(const Waker& waker, std::chrono::milliseconds patience) const {
  pollfd watched[] = {{socket_, POLLIN, 0}, {waker.descriptor(), POLLIN, 0}};
  const int ready = poll(watched, 2, static_cast<int>(patience.count()));
  if (ready < 0) return errno == EINTR ? Woken::kWaker : Woken::kClosed;
  if (ready == 0) return Woken::kTimeout;
  if (watched[1].revents != 0) return Woken::kWaker;
  char byte;
  return recv(socket_, &byte, 1, MSG_PEEK) > 0 ? Woken::kMessage : Woken::kClosed;
}

std::optional<Bytes> Connection::receive() {
  std::uint8_t header[2];
  if (!receiveExactly(header, sizeof header)) return std::nullopt;
  Bytes message(static_cast<std::size_t>(header[0]) << 8 | header[1]);
  if (!receiveExactly(message.data(), message.size())) return std::nullopt;
  return message;
}

bool Connection::receiveExactly(std::uint8_t* into, std::size_t length) {
  while (length > 0) {
#ifdef TCP_QUICKACK
    // vpcd sends length and body apart, without TCP_NODELAY: a delayed acknowledgement of the
    // length would hold the body back for 40 ms. The kernel forgets this option after each use.
    enable(socket_, IPPROTO_TCP, TCP_QUICKACK);
#endif
    const ssize_t received = recv(socket_, into, length, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    into += received;
    length -= static_cast<std::size_t>(received);
  }
  return true;
}

bool Connection::send(const Bytes& body, std::size_t announced) {
  Bytes message = {static_cast<std::uint8_t>(announced >> 8), static_cast<std::uint8_t>(announced)};
  message.insert(message.end(), body.begin(), body.end());
  std::size_t sent = 0;
  while (sent < message.size()) {
    // SIGPIPE is ignored by main: a daemon may go at any time.
    const ssize_t count = ::send(socket_, message.data() + sent, message.size() - sent, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace vcard
