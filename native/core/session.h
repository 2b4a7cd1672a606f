// What a caller of the core holds: a session, through an owner that gives it up when destroyed.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace scard {

/// Something with threads and handles of its own that must be told when nobody wants it any more.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// Refuses new calls, drops queued ones and releases everything on the session's own threads.
  /// Never blocks; may be called more than once.
  virtual void abandon() noexcept = 0;
};

/// The one owner of a session. Destroying it abandons the session.
template <typename T>
class Owner {
 public:
  explicit Owner(std::shared_ptr<T> session) : session_(session), base_(std::move(session)) {}
  Owner(Owner&&) noexcept = default;
  Owner& operator=(Owner&& other) noexcept {
    if (this != &other) {
      abandon();
      session_ = std::move(other.session_);
      base_ = std::move(other.base_);
    }
    return *this;
  }
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  ~Owner() { abandon(); }

  T* operator->() const { return session_.get(); }
  T& operator*() const { return *session_; }
  const std::shared_ptr<T>& share() const { return session_; }

 private:
  void abandon() noexcept {
    if (base_ != nullptr) base_->abandon();
  }

  std::shared_ptr<T> session_;
  // Kept apart so that an owner can be destroyed where T is only declared.
  std::shared_ptr<Session> base_;
};

}  // namespace scard
