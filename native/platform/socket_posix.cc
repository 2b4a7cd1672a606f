#if !defined(_WIN32)

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "platform/socket.h"

namespace scard::platform {

namespace {

using std::chrono::milliseconds;

std::string errorText(int error) { return std::system_category().message(error); }

bool makeNonBlocking(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 &&
         fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

/// A socket that no program started meanwhile inherits, where the system can promise that.
int openSocket(int family) {
#if defined(SOCK_CLOEXEC)
  return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
  return ::socket(family, SOCK_STREAM, 0);
#endif
}

void enable(int socket, int level, int option) {
  const int on = 1;
  setsockopt(socket, level, option, &on, sizeof on);
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

/// The addresses of a host; a numeric one is not looked up.
std::unique_ptr<addrinfo, FreeAddresses> addressesOf(const std::string& host, std::uint16_t port,
                                                     std::string& message) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string service = std::to_string(port);
  int error = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  if (error == EAI_NONAME) {
    hints.ai_flags = AI_NUMERICSERV;
    error = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  }
  if (error != 0) message = error == EAI_SYSTEM ? errorText(errno) : gai_strerror(error);
  return std::unique_ptr<addrinfo, FreeAddresses>(error == 0 ? list : nullptr);
}

}  // namespace

struct Waker::Handles {
  std::array<int, 2> pipe{-1, -1};
};

Waker::Waker() : handles_(std::make_unique<Handles>()) {
  auto& pipe = handles_->pipe;
#if defined(__linux__)
  const int made = pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK);
#else
  const int made = ::pipe(pipe.data());
#endif
  if (made != 0) throw std::system_error(errno, std::system_category(), "pipe");
  for (const int end : pipe) makeNonBlocking(end);
}

Waker::~Waker() {
  for (const int end : handles_->pipe) close(end);
}

void Waker::wake() noexcept {
  // A full pipe is awake already.
  [[maybe_unused]] const auto written = write(handles_->pipe[1], "", 1);
}

void Waker::clear() noexcept {
  std::array<char, 64> waste;
  while (read(handles_->pipe[0], waste.data(), waste.size()) > 0) {
  }
}

bool Waker::waitFor(milliseconds patience) noexcept {
  pollfd watched{handles_->pipe[0], POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(patience.count())) != 0;
}

struct Socket::Handles {
  int socket = -1;

  ~Handles() {
    if (socket >= 0) close(socket);
  }

  Wait wait(short events, int waker, milliseconds patience) const {
    std::array<pollfd, 2> watched{pollfd{socket, events, 0}, pollfd{waker, POLLIN, 0}};
    const int ready = poll(watched.data(), watched.size(), static_cast<int>(patience.count()));
    if (ready == 0) return Wait::kTimedOut;
    // A signal: the caller looks, finds nothing and waits again.
    if (ready < 0) return Wait::kReady;
    return watched[1].revents != 0 ? Wait::kWoken : Wait::kReady;
  }

  /// The error, 0 when connected, -1 when woken.
  int connectTo(const addrinfo& address, int waker, milliseconds patience) {
    socket = openSocket(address.ai_family);
    if (socket < 0 || !makeNonBlocking(socket)) return errno;
    if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    const Wait outcome = wait(POLLOUT, waker, patience);
    if (outcome == Wait::kWoken) return -1;
    if (outcome == Wait::kTimedOut) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
  }
};

Socket::Socket(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {
  enable(handles_->socket, IPPROTO_TCP, TCP_NODELAY);
#if defined(SO_NOSIGPIPE)
  enable(handles_->socket, SOL_SOCKET, SO_NOSIGPIPE);
#endif
}

Socket::~Socket() = default;

std::unique_ptr<Socket> Socket::connect(const std::string& host, std::uint16_t port, Waker& waker,
                                        milliseconds patience, std::string& message) {
  const auto addresses = addressesOf(host, port, message);
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    auto handles = std::make_unique<Handles>();
    const int error = handles->connectTo(*address, waker.handles_->pipe[0], patience);
    if (error == 0) return std::unique_ptr<Socket>(new Socket(std::move(handles)));
    if (error < 0) return nullptr;
    message = errorText(error);
  }
  return nullptr;
}

Socket::Wait Socket::waitToReceive(Waker& waker, milliseconds patience) {
  return handles_->wait(POLLIN, waker.handles_->pipe[0], patience);
}

Socket::Wait Socket::waitToSend(Waker& waker, milliseconds patience) {
  return handles_->wait(POLLOUT, waker.handles_->pipe[0], patience);
}

namespace {

Socket::Transfer transferOf(ssize_t result) {
  using Kind = Socket::Transfer::Kind;
  if (result >= 0) return {Kind::kDone, static_cast<std::size_t>(result)};
  const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {again ? Kind::kAgain : Kind::kClosed, 0};
}

}  // namespace

Socket::Transfer Socket::receive(std::span<std::uint8_t> into) {
#if defined(TCP_QUICKACK)
  // The kernel forgets this option after each use.
  enable(handles_->socket, IPPROTO_TCP, TCP_QUICKACK);
#endif
  const Transfer transfer = transferOf(recv(handles_->socket, into.data(), into.size(), 0));
  const bool ended = transfer.kind == Transfer::Kind::kDone && transfer.bytes == 0;
  return ended ? Transfer{} : transfer;
}

Socket::Transfer Socket::send(std::span<const std::uint8_t> bytes) {
#if defined(MSG_NOSIGNAL)
  const int flags = MSG_NOSIGNAL;
#else
  const int flags = 0;
#endif
  return transferOf(::send(handles_->socket, bytes.data(), bytes.size(), flags));
}

}  // namespace scard::platform

#endif
