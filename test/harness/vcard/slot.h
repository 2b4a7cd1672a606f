// One reader's slot: a thread that keeps a card connected to vpcd's port for as long as it is in.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "card.h"
#include "wire.h"

namespace vcard {

/// What goes wrong with the next command. One use; a new insertion forgets it.
struct Fault {
  enum class Kind {
    kNone,
    /// The card leaves without an answer.
    kDie,
    /// The card leaves after announcing the whole answer and sending `bytes` of it.
    kDieWithin,
    /// The answer is cut to `bytes`, and the card stays.
    kTruncate,
    /// No answer until `resume`, or the card's removal.
    kMute,
  };
  Kind kind = Kind::kNone;
  std::size_t bytes = 0;
};

class Slot {
 public:
  /// Told what happens to the card: "connected", "lost", "on", "off", "reset", "command <INS>".
  using Listener = std::function<void(const std::string& event)>;

  Slot(std::uint16_t port, Listener listener);
  ~Slot();

  /// A new card; one that is in is taken out first.
  void insert(Bytes atr);
  void remove();
  void breakNext(Fault fault);
  void resume();

 private:
  struct Wanted {
    /// Names one insertion; 0 for no card.
    std::uint64_t insertion = 0;
    Bytes atr;
    Fault fault;
    bool resumed = false;
  };

  void run();
  void stayIn(std::uint64_t insertion);
  bool serve(Connection& connection, Card& card, std::uint64_t insertion);
  void perform(Connection& connection, Card& card, const Bytes& message);
  bool exchange(Connection& connection, Card& card, const Bytes& apdu, std::uint64_t insertion);
  bool work(Connection& connection, std::chrono::milliseconds delay, std::uint64_t insertion);
  bool staysMute(Connection& connection, std::uint64_t insertion);
  void change(const std::function<void(Wanted&)>& edit);
  Wanted wanted();

  const std::uint16_t port_;
  const Listener listener_;
  Waker waker_;
  std::mutex mutex_;
  Wanted wanted_;
  std::uint64_t insertions_ = 0;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace vcard
