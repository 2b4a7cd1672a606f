// An ISO/IEC 7816-4 card for tests, and short ways to ask it.
#pragma once

#include <initializer_list>
#include <string>

#include "core/virtual/iso_card.h"
#include "test.h"
#include "virtual_fixture.h"

namespace scard::test {

using vrm::IsoCard;
using vrm::iso::Access;
using vrm::iso::CardDescription;
using vrm::iso::FileDescription;
using vrm::iso::FileKind;

inline Bytes text(const std::string& value) { return {value.begin(), value.end()}; }

inline CardDescription exampleCard() {
  CardDescription card;
  const Access pin{Access::Rule::kPin, 1};
  FileDescription application{.identifier = 0x5000, .name = {0xA0, 0, 0, 1, 0x51, 1}};
  application.children = {
      {.kind = FileKind::kTransparent,
       .identifier = 0x5001,
       .shortIdentifier = 1,
       .content = text("hello, card"),
       .capacity = 32},
      {.kind = FileKind::kTransparent,
       .identifier = 0x5002,
       .shortIdentifier = 2,
       .content = text("secret"),
       .read = pin,
       .update = pin},
      {.kind = FileKind::kLinearFixed,
       .identifier = 0x5003,
       .shortIdentifier = 3,
       .records = {text("one"), text("two"), text("six")},
       .maxRecords = 4},
      {.kind = FileKind::kCyclic,
       .identifier = 0x5004,
       .shortIdentifier = 4,
       .records = {text("c"), text("b"), text("a")}},
      {.kind = FileKind::kLinearVariable,
       .identifier = 0x5005,
       .shortIdentifier = 5,
       .records = {{0x11, 1, 0xAA}, {0x22, 2, 0xBB, 0xBB}, {0x11, 1, 0xCC}},
       .maxRecords = 8,
       .tlvRecords = true},
  };
  FileDescription second{.identifier = 0x6000, .name = {0xA0, 0, 0, 1, 0x51, 2}};
  FileDescription big{.kind = FileKind::kTransparent, .identifier = 0x2F01};
  for (int i = 0; i < 1000; ++i) big.content.push_back(static_cast<std::uint8_t>(i));
  card.mf.children = {application, second, big};
  card.pins = {{.reference = 1, .value = text("1234"), .unblockingCode = text("12345678")}};
  card.keys = {{.reference = 7, .value = text("key")}};
  card.objects = {{.tag = 0x5F50, .value = text("https://example.org")},
                  {.tag = 0x0101, .value = text("private"), .read = pin, .update = pin}};
  return card;
}

/// A card that answers in hex, over T=1 unless told otherwise.
struct IsoSubject {
  IsoCard card{exampleCard()};

  Bytes send(std::initializer_list<int> command, Dword protocol = protocol::kT1) {
    Bytes bytes;
    for (const int byte : command) bytes.push_back(static_cast<std::uint8_t>(byte));
    return card.answer(bytes, protocol);
  }

  unsigned status(std::initializer_list<int> command, Dword protocol = protocol::kT1) {
    const Bytes response = send(command, protocol);
    return static_cast<unsigned>(response[response.size() - 2] << 8 | response.back());
  }

  void selectApplication() {
    CHECK_EQ(status({0x00, 0xA4, 0x04, 0x0C, 6, 0xA0, 0, 0, 1, 0x51, 1}), 0x9000U);
  }

  /// A short command with data and without Le.
  unsigned give(std::initializer_list<int> header, const Bytes& data) {
    Bytes command(header.begin(), header.end());
    command.push_back(static_cast<std::uint8_t>(data.size()));
    command.insert(command.end(), data.begin(), data.end());
    const Bytes response = card.answer(command, protocol::kT1);
    return static_cast<unsigned>(response[0] << 8 | response[1]);
  }

  unsigned verify(const std::string& pin, int reference = 1) {
    return give({0x00, 0x20, 0x00, reference}, text(pin));
  }
};

inline Bytes ok(Bytes data) {
  data.insert(data.end(), {0x90, 0x00});
  return data;
}

}  // namespace scard::test
