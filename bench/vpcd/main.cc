// The benchmarks' card behind a real pcscd: joins vpcd's ports and answers at once, as the
// stand-in's card does.  vpcd-card FIRST-PORT COUNT One thread for each reader; the card stays in,
// and comes back when the daemon has restarted.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "../standin/card.h"

namespace {

constexpr std::array<std::uint8_t, 10> kAtr = {0x3B, 0x85, 0x80, 0x01, 0x73,
                                               0x63, 0x61, 0x72, 0x64, 0x63};
constexpr std::uint8_t kGetAtr = 4;

void enable(int socket, int option) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, option, &on, sizeof on);
}

bool receive(int socket, std::uint8_t* into, std::size_t length) {
  while (length > 0) {
    // vpcd sends length and body apart, without TCP_NODELAY: a delayed acknowledgement of the
    // length would hold the body back for 40 ms. The kernel forgets this option after each use.
    enable(socket, TCP_QUICKACK);
    const ssize_t count = recv(socket, into, length, 0);
    if (count <= 0) return false;
    into += count;
    length -= static_cast<std::size_t>(count);
  }
  return true;
}

bool sendAll(int socket, const std::uint8_t* from, std::size_t length) {
  while (length > 0) {
    const ssize_t count = send(socket, from, length, MSG_NOSIGNAL);
    if (count <= 0) return false;
    from += count;
    length -= static_cast<std::size_t>(count);
  }
  return true;
}

/// Answers until the daemon goes.
void serve(int socket) {
  standin::Card card;
  std::vector<std::uint8_t> command(0xFFFF);
  // Length and body go in one write.
  std::vector<std::uint8_t> message(2 + 0xFFFF);
  for (;;) {
    std::uint8_t header[2];
    if (!receive(socket, header, sizeof header)) return;
    const std::size_t length = static_cast<std::size_t>(header[0] << 8 | header[1]);
    if (!receive(socket, command.data(), length)) return;
    std::size_t answered = message.size() - 2;
    if (length == 1) {
      // Power and reset have no answer.
      if (command[0] != kGetAtr) continue;
      answered = kAtr.size();
      std::copy(kAtr.begin(), kAtr.end(), message.begin() + 2);
    } else {
      const auto outcome = card.answer({}, command.data(), length, message.data() + 2, answered);
      if (outcome == standin::Card::Outcome::kTooLong) {
        answered = 2;
        message[2] = 0x6F;
        message[3] = 0x00;
      }
      if (const long delay = card.delayMicroseconds(); delay > 0)
        std::this_thread::sleep_for(std::chrono::microseconds(delay));
    }
    message[0] = static_cast<std::uint8_t>(answered >> 8);
    message[1] = static_cast<std::uint8_t>(answered);
    if (!sendAll(socket, message.data(), answered + 2)) return;
  }
}

void stayIn(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (;;) {
    const int joined = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(joined, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      enable(joined, TCP_NODELAY);
      serve(joined);
    }
    close(joined);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int first = argc > 1 ? std::atoi(argv[1]) : 0;
  const int count = argc > 2 ? std::atoi(argv[2]) : 0;
  if (first <= 0 || count <= 0) return 1;
  for (int i = 0; i < count; ++i)
    std::thread(stayIn, static_cast<std::uint16_t>(first + i)).detach();
  std::puts("ready");
  std::fflush(stdout);
  // Until whoever started it goes.
  while (std::getchar() != EOF) {
  }
  std::_Exit(0);
}
