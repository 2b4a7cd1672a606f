// The native ISO/IEC 7816-4 card.
#include "core/virtual/iso_card.h"
#include "core/virtual/sha256.h"
#include "iso_card_fixture.h"

namespace scard::test {
namespace {

TEST("the example is sound, and faults in a description are named") {
  CHECK_EQ(vrm::iso::describeFault(exampleCard()), "");
  CardDescription card = exampleCard();
  card.mf.children[0].children[1].identifier = 0x5001;
  CHECK_EQ(vrm::iso::describeFault(card), "File 5001 is there twice");
  card = exampleCard();
  card.mf.children[0].children[2].records[1] = text("longer");
  CHECK_EQ(vrm::iso::describeFault(card), "File 5003 has records of different sizes");
  card = exampleCard();
  card.pins.push_back(card.pins[0]);
  CHECK_EQ(vrm::iso::describeFault(card), "Two PINs have the same reference");
}

TEST("SELECT by identifier, path and parent") {
  IsoSubject subject;
  CHECK_EQ(subject.status({0x00, 0xA4, 0x00, 0x0C, 2, 0x50, 0x00}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x02, 0x0C, 2, 0x50, 0x01}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x01, 0x0C, 2, 0x50, 0x01}), 0x6A82U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x03, 0x0C}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x08, 0x0C, 4, 0x50, 0x00, 0x50, 0x03}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x09, 0x0C, 2, 0x50, 0x04}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x08, 0x0C, 4, 0x50, 0x00, 0x60, 0x00}), 0x6A82U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x00, 0x0C, 2, 0x3F, 0x00}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x00, 0x0C}), 0x9000U);
}

TEST("SELECT by name: full, partial, next, previous, last") {
  IsoSubject subject;
  const auto select = [&](int occurrence) {
    return subject.send({0x00, 0xA4, 0x04, 0x04 | occurrence, 5, 0xA0, 0, 0, 1, 0x51, 0});
  };
  // Template 62, descriptor, then 83 02 and the file identifier.
  const auto selected = [&](int occurrence) {
    const Bytes response = select(occurrence);
    return response.size() < 9 ? 0 : response[7] << 8 | response[8];
  };
  CHECK_EQ(selected(0), 0x5000);
  CHECK_EQ(selected(2), 0x6000);
  CHECK_EQ(select(2), (Bytes{0x6A, 0x82}));
  CHECK_EQ(selected(3), 0x5000);
  CHECK_EQ(selected(1), 0x6000);
}

TEST("SELECT describes an EF: size, kind, identifier, short identifier, life cycle") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.send({0x00, 0xA4, 0x02, 0x04, 2, 0x50, 0x01, 0}),
           ok({0x62, 0x11, 0x80, 2, 0, 32, 0x82, 1, 0x01, 0x83, 2, 0x50, 0x01, 0x88, 1, 0x08, 0x8A,
               1, 0x05}));
}

TEST("READ BINARY: current, short identifier, offsets, end of file") {
  IsoSubject subject;
  CHECK_EQ(subject.status({0x00, 0xB0, 0x00, 0x00, 0}), 0x6986U);
  subject.selectApplication();
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 0}), ok(text("hello, card")));
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x07, 4}), ok(text("card")));
  CHECK_EQ(subject.status({0x00, 0xB0, 0x00, 0x07, 5}), 0x6282U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x00, 0x0C, 1}), 0x6B00U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x83, 0x00, 0}), 0x6981U);
  CHECK_EQ(subject.send({0x00, 0xB1, 0x50, 0x01, 3, 0x54, 1, 7, 0}),
           ok({0x53, 4, 'c', 'a', 'r', 'd'}));
}

TEST("extended length reads a large file at once, short length in parts") {
  IsoSubject subject;
  subject.status({0x00, 0xA4, 0x00, 0x0C, 2, 0x2F, 0x01});
  const Bytes all = subject.send({0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00});
  CHECK_EQ(all.size(), 1002U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x00, 0x00}).size(), 258U);
  CardDescription plain = exampleCard();
  plain.extendedLength = false;
  IsoCard card(plain);
  CHECK_EQ(card.answer({0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00}, protocol::kT1),
           (Bytes{0x67, 0x00}));
}

TEST("UPDATE, WRITE and ERASE BINARY") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xD6, 0x81, 0x00, 2, 'H', 'E'}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xD6, 0x00, 0x0B, 1, '!'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x00, 0}), ok(text("HEllo, card!")));
  CHECK_EQ(subject.status({0x00, 0xD0, 0x00, 0x00, 1, 0x20}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x00, 2}), ok(text("hE")));
  CHECK_EQ(subject.status({0x00, 0xD7, 0x00, 0x00, 6, 0x54, 1, 1, 0x53, 1, 'e'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x00, 5}), ok(text("hello")));
  CHECK_EQ(subject.status({0x00, 0x0E, 0x00, 0x02, 2, 0, 4}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x00, 5}), ok({'h', 'e', 0, 0, 'o'}));
  CHECK_EQ(subject.status({0x00, 0xD6, 0x00, 0x1F, 2, 1, 2}), 0x6A84U);
}

TEST("records of a linear fixed file") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.send({0x00, 0xB2, 2, 0x1C, 0}), ok(text("two")));
  CHECK_EQ(subject.send({0x00, 0xB2, 2, 0x05, 0}), ok(text("twosix")));
  CHECK_EQ(subject.send({0x00, 0xB2, 2, 0x06, 0}), ok(text("sixtwo")));
  CHECK_EQ(subject.status({0x00, 0xB2, 4, 0x04, 0}), 0x6A83U);
  CHECK_EQ(subject.status({0x00, 0xDC, 3, 0x04, 3, 't', 'e', 'n'}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xDC, 3, 0x04, 2, 'x', 'y'}), 0x6700U);
  CHECK_EQ(subject.send({0x00, 0xB2, 3, 0x04, 0}), ok(text("ten")));
  CHECK_EQ(subject.status({0x00, 0xE2, 0, 0x00, 3, 'n', 'e', 'w'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 4, 0x04, 0}), ok(text("new")));
  CHECK_EQ(subject.status({0x00, 0xE2, 0, 0x00, 3, 'a', 'n', 'd'}), 0x6A84U);
  CHECK_EQ(subject.status({0x00, 0x0C, 1, 0x04}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 1, 0x04, 0}), ok({0, 0, 0}));
}

TEST("a cyclic file: the newest is record 1, the oldest makes room") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.send({0x00, 0xB2, 1, 0x24, 0}), ok(text("c")));
  CHECK_EQ(subject.status({0x00, 0xE2, 0, 0x00, 1, 'd'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 1, 0x05, 0}), ok(text("dcb")));
  CHECK_EQ(subject.status({0x00, 0xDC, 0, 0x03, 1, 'e'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 1, 0x05, 0}), ok(text("edc")));
}

TEST("records by identifier, first, next, last, previous") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.send({0x00, 0xB2, 0x11, 0x28, 0}), ok({0x11, 1, 0xAA}));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x11, 0x02, 0}), ok({0x11, 1, 0xCC}));
  CHECK_EQ(subject.status({0x00, 0xB2, 0x11, 0x02, 0}), 0x6A83U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x22, 0x03, 0}), ok({0x22, 2, 0xBB, 0xBB}));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x01, 0}), ok({0x11, 1, 0xCC}));
}

TEST("VERIFY counts down, blocks, and RESET RETRY COUNTER unblocks") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0x20, 0x00, 0x01}), 0x63C3U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x82, 0x00, 0}), 0x6982U);
  CHECK_EQ(subject.verify("0000"), 0x63C2U);
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0x20, 0x00, 0x01}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x82, 0x00, 0}), ok(text("secret")));
  subject.card.reset();
  CHECK_EQ(subject.verify("0000"), 0x63C2U);
  CHECK_EQ(subject.verify("0000"), 0x63C1U);
  CHECK_EQ(subject.verify("0000"), 0x63C0U);
  CHECK_EQ(subject.verify("1234"), 0x6983U);
  CHECK_EQ(subject.status({0x00, 0x2C, 0x00, 0x01, 12, '1', '2', '3', '4', '5', '6', '7', '9', '5',
                           '6', '7', '8'}),
           0x63C9U);
  CHECK_EQ(subject.status({0x00, 0x2C, 0x00, 0x01, 12, '1', '2', '3', '4', '5', '6', '7', '8', '5',
                           '6', '7', '8'}),
           0x9000U);
  CHECK_EQ(subject.verify("5678"), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0x20, 0x00, 0x05}), 0x6A88U);
}

TEST("CHANGE REFERENCE DATA") {
  IsoSubject subject;
  CHECK_EQ(subject.status({0x00, 0x24, 0x00, 0x01, 8, '9', '2', '3', '4', '5', '6', '7', '8'}),
           0x63C2U);
  CHECK_EQ(subject.status({0x00, 0x24, 0x00, 0x01, 8, '1', '2', '3', '4', '5', '6', '7', '8'}),
           0x9000U);
  CHECK_EQ(subject.verify("5678"), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0x24, 0x01, 0x01, 4, '1', '1', '1', '1'}), 0x9000U);
  CHECK_EQ(subject.verify("1111"), 0x9000U);
}

TEST("GET and PUT DATA, plain and with a tag list") {
  IsoSubject subject;
  CHECK_EQ(subject.send({0x00, 0xCA, 0x5F, 0x50, 0}), ok(text("https://example.org")));
  CHECK_EQ(subject.send({0x00, 0xCB, 0x3F, 0xFF, 4, 0x5C, 2, 0x5F, 0x50, 0}).size(), 24U);
  CHECK_EQ(subject.status({0x00, 0xCA, 0x01, 0x02, 0}), 0x6A88U);
  CHECK_EQ(subject.status({0x00, 0xCA, 0x01, 0x01, 0}), 0x6982U);
  CHECK_EQ(subject.status({0x00, 0xDA, 0x5F, 0x50, 1, 'x'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xCA, 0x5F, 0x50, 0}), ok(text("x")));
  CHECK_EQ(subject.status({0x00, 0xDB, 0x3F, 0xFF, 4, 0x5F, 0x50, 1, 'y'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xCA, 0x5F, 0x50, 0}), ok(text("y")));
}

TEST("challenges follow the seed; EXTERNAL and INTERNAL AUTHENTICATE") {
  IsoSubject subject;
  IsoSubject same;
  const Bytes challenge = subject.send({0x00, 0x84, 0, 0, 8});
  CHECK_EQ(challenge.size(), 10U);
  CHECK_EQ(same.send({0x00, 0x84, 0, 0, 8}), challenge);
  const Bytes key = text("key");
  const auto mac = vrm::hmacSha256(key, std::span(challenge).first(8));
  Bytes command{0x00, 0x82, 0x00, 0x07, 8};
  command.insert(command.end(), mac.begin(), mac.begin() + 8);
  CHECK_EQ(subject.card.answer(command, protocol::kT1), (Bytes{0x90, 0x00}));
  // The challenge is used up.
  CHECK_EQ(subject.card.answer(command, protocol::kT1), (Bytes{0x69, 0x85}));
  const auto own = vrm::hmacSha256(key, Bytes{1, 2, 3});
  CHECK_EQ(subject.send({0x00, 0x88, 0x00, 0x07, 3, 1, 2, 3, 0}),
           ok(Bytes(own.begin(), own.begin() + 8)));
}

TEST("SHA-256 and HMAC give the published results") {
  const auto hash = vrm::sha256(text("abc"));
  CHECK_EQ(Bytes(hash.begin(), hash.begin() + 4), (Bytes{0xBA, 0x78, 0x16, 0xBF}));
  const auto mac = vrm::hmacSha256(text("Jefe"), text("what do ya want for nothing?"));
  CHECK_EQ(Bytes(mac.begin(), mac.begin() + 4), (Bytes{0x5B, 0xDC, 0xC1, 0x46}));
}

TEST("logical channels have their own selection and rights") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0x70, 0x00, 0x00, 1}), ok({0x01}));
  CHECK_EQ(subject.status({0x01, 0xB0, 0x82, 0x00, 0}), 0x6A82U);
  CHECK_EQ(subject.status({0x01, 0xA4, 0x04, 0x0C, 6, 0xA0, 0, 0, 1, 0x51, 1}), 0x9000U);
  CHECK_EQ(subject.status({0x01, 0xB0, 0x82, 0x00, 0}), 0x6982U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x82, 0x00, 0}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0x70, 0x80, 0x01}), 0x9000U);
  CHECK_EQ(subject.status({0x01, 0xB0, 0x82, 0x00, 0}), 0x6881U);
  CHECK_EQ(subject.status({0x45, 0xB0, 0x82, 0x00, 0}), 0x6881U);
}

TEST("command chaining collects data; a break in the chain is refused") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x10, 0xD6, 0x81, 0x00, 3, 'a', 'b', 'c'}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xD6, 0x81, 0x00, 3, 'd', 'e', 'f'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 6}), ok(text("abcdef")));
  CHECK_EQ(subject.status({0x10, 0xD6, 0x81, 0x00, 1, 'x'}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x81, 0x00, 6}), 0x6883U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 6}), ok(text("abcdef")));
}

TEST("T=0: 61xx and GET RESPONSE for case 4, 6Cxx for a wrong Le") {
  IsoSubject subject;
  const Bytes said = subject.send({0x00, 0xA4, 0x00, 0x04, 2, 0x50, 0x00}, protocol::kT0);
  REQUIRE(said.size() == 2);
  CHECK_EQ(said[0], 0x61);
  const Bytes part = subject.send({0x00, 0xC0, 0, 0, 4}, protocol::kT0);
  REQUIRE(part.size() == 6);
  CHECK_EQ(part[0], 0x62);
  CHECK_EQ(part[4], 0x61);
  const Bytes rest = subject.send({0x00, 0xC0, 0, 0, part[5]}, protocol::kT0);
  CHECK_EQ(rest.size(), static_cast<std::size_t>(said[1]) - 4 + 2);
  CHECK_EQ(subject.status({0x00, 0xC0, 0, 0, 0}, protocol::kT0), 0x6985U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x81, 0x00, 0}, protocol::kT0), 0x6C0BU);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 0x0B}, protocol::kT0), ok(text("hello, card")));
}

TEST("ENVELOPE carries a command in pieces") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xC2, 0, 0, 3, 0x00, 0xB0, 0x81}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xC2, 0, 0, 2, 0x00, 0x05, 0}), ok(text("hello")));
  CHECK_EQ(subject.status({0x00, 0xC2, 0, 0, 2, 0x00, 0xB0}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xC2, 0, 0}), 0x6A80U);
}

TEST("what the card does not know has its status word") {
  IsoSubject subject;
  CHECK_EQ(subject.status({0x80, 0xA4, 0, 0}), 0x6E00U);
  CHECK_EQ(subject.status({0x0C, 0xA4, 0, 0}), 0x6882U);
  CHECK_EQ(subject.status({0x00, 0x99, 0, 0}), 0x6D00U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0}), 0x6700U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0, 0, 5, 1}), 0x6700U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x07, 0x0C, 2, 0x50, 0x00}), 0x6A86U);
}

TEST("lists the files of a DF as TCOS cards do, where its description says so") {
  IsoSubject plain;
  CHECK_EQ(plain.status({0x80, 0xAA, 0x01, 0x00, 0x00}), 0x6E00U);
  CardDescription description = exampleCard();
  description.tcosListing = true;
  IsoSubject subject{IsoCard(std::move(description))};
  CHECK_EQ(subject.send({0x80, 0xAA, 0x01, 0x00, 0x00}), ok({0x50, 0x00, 0x60, 0x00}));
  CHECK_EQ(subject.send({0x80, 0xAA, 0x02, 0x00, 0x00}), ok({0x2F, 0x01}));
  subject.selectApplication();
  CHECK_EQ(subject.status({0x80, 0xAA, 0x01, 0x00, 0x00}), 0x6A82U);
  CHECK_EQ(subject.send({0x80, 0xAA, 0x02, 0x00, 0x00}),
           ok({0x50, 0x01, 0x50, 0x02, 0x50, 0x03, 0x50, 0x04, 0x50, 0x05}));
  CHECK_EQ(subject.status({0x80, 0xAA, 0x02, 0x00, 0x04}, protocol::kT1), 0x6106U);
  CHECK_EQ(subject.status({0x80, 0xAA, 0x02, 0x00, 0x20}, protocol::kT0), 0x6C0AU);
  CHECK_EQ(subject.status({0x80, 0xAA, 0x03, 0x00, 0x00}), 0x6A86U);
  CHECK_EQ(subject.status({0x80, 0xAB, 0x01, 0x00, 0x00}), 0x6D00U);
  CHECK_EQ(subject.status({0x90, 0xAA, 0x01, 0x00, 0x00}), 0x6E00U);
}

TEST("works in a reader, over the table") {
  VirtualWorld world;
  world.manager.insertCard("Reader", std::make_shared<IsoCard>(exampleCard()));
  const auto card = world.connect(world.context());
  CHECK_EQ(world.transmit(card, {0x00, 0xCA, 0x5F, 0x50, 0x00}).response,
           ok(text("https://example.org")));
}

}  // namespace
}  // namespace scard::test
