// PINs, keys and access conditions of the ISO card.
#include "core/virtual/sha256.h"
#include "iso_card_fixture.h"

namespace scard::test {
namespace {

/// The example, with a PIN of the first DF (81), a file below it, and what key 7 opens.
CardDescription guardedCard() {
  CardDescription card = exampleCard();
  const Access local{Access::Rule::kPin, 0x81};
  const Access key{Access::Rule::kKey, 7};
  card.pins.push_back({.reference = 0x81, .value = text("local")});
  FileDescription below{.identifier = 0x5100};
  below.children = {{.kind = FileKind::kTransparent,
                     .identifier = 0x5101,
                     .shortIdentifier = 1,
                     .content = text("below"),
                     .read = local}};
  FileDescription& application = card.mf.children[0];
  application.children.push_back(below);
  application.children.push_back({.kind = FileKind::kTransparent,
                                  .identifier = 0x5006,
                                  .shortIdentifier = 6,
                                  .content = text("local file"),
                                  .read = local});
  application.children.push_back({.kind = FileKind::kTransparent,
                                  .identifier = 0x5007,
                                  .shortIdentifier = 7,
                                  .content = text("keyed"),
                                  .read = key});
  return card;
}

Bytes cryptogramFor(const Bytes& challenge) {
  const auto mac = vrm::hmacSha256(text("key"), challenge);
  return {mac.begin(), mac.begin() + 8};
}

Bytes challengeOf(IsoSubject& subject, int cla = 0x00) {
  Bytes challenge = subject.send({cla, 0x84, 0x00, 0x00, 0x08});
  challenge.resize(8);
  return challenge;
}

unsigned authenticate(IsoSubject& subject, const Bytes& cryptogram, int cla = 0x00) {
  return subject.give({cla, 0x82, 0x00, 0x07}, cryptogram);
}

TEST("access by key: refused, authenticated, refused again after a reset") {
  IsoSubject subject{IsoCard(guardedCard())};
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB0, 0x87, 0x00, 0x00}), 0x6982U);
  CHECK_EQ(authenticate(subject, cryptogramFor(challengeOf(subject))), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x87, 0x00, 0x00}), ok(text("keyed")));
  subject.card.reset();
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB0, 0x87, 0x00, 0x00}), 0x6982U);
}

TEST("EXTERNAL AUTHENTICATE: a wrong cryptogram takes back what a right one gave") {
  IsoSubject subject{IsoCard(guardedCard())};
  subject.selectApplication();
  CHECK_EQ(authenticate(subject, cryptogramFor(challengeOf(subject))), 0x9000U);
  challengeOf(subject);
  CHECK_EQ(authenticate(subject, Bytes(8, 0)), 0x6300U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x87, 0x00, 0x00}), 0x6982U);
  CHECK_EQ(authenticate(subject, Bytes(8, 0)), 0x6985U);
}

TEST("EXTERNAL AUTHENTICATE: the challenge is for the very next command") {
  IsoSubject subject{IsoCard(guardedCard())};
  const Bytes challenge = challengeOf(subject);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x00, 0x0C}), 0x9000U);
  CHECK_EQ(authenticate(subject, cryptogramFor(challenge)), 0x6985U);
  challengeOf(subject);
  CHECK_EQ(subject.status({0x00, 0x82, 0x00, 0x08, 8, 0, 0, 0, 0, 0, 0, 0, 0}), 0x6A88U);
  CHECK_EQ(subject.status({0x00, 0x82, 0x01, 0x07, 8, 0, 0, 0, 0, 0, 0, 0, 0}), 0x6A86U);
  challengeOf(subject);
  CHECK_EQ(subject.status({0x00, 0x82, 0x00, 0x07, 2, 0, 0}), 0x6700U);
}

TEST("a challenge belongs to its channel") {
  IsoSubject subject{IsoCard(guardedCard())};
  CHECK_EQ(subject.send({0x00, 0x70, 0x00, 0x00, 0x01}), ok({0x01}));
  const Bytes challenge = challengeOf(subject, 0x00);
  CHECK_EQ(authenticate(subject, cryptogramFor(challenge), 0x01), 0x6985U);
  CHECK_EQ(authenticate(subject, cryptogramFor(challenge), 0x00), 0x9000U);
}

TEST("a DF's PIN holds below the DF and is dropped on leaving it; a global one is kept") {
  IsoSubject subject{IsoCard(guardedCard())};
  subject.selectApplication();
  CHECK_EQ(subject.verify("local", 0x81), 0x9000U);
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x86, 0x00, 0x00}), ok(text("local file")));
  CHECK_EQ(subject.status({0x00, 0xA4, 0x01, 0x0C, 2, 0x51, 0x00}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 0x00}), ok(text("below")));
  CHECK_EQ(subject.status({0x00, 0xA4, 0x00, 0x0C}), 0x9000U);
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB0, 0x86, 0x00, 0x00}), 0x6982U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x82, 0x00, 0x00}), ok(text("secret")));
}

TEST("a DF's PIN and key are kept on coming back from below it, and dropped above where proven") {
  CardDescription card = guardedCard();
  const Access localKey{Access::Rule::kKey, 0x82};
  card.keys.push_back({.reference = 0x82, .value = text("key")});
  card.mf.children[0].children.push_back({.kind = FileKind::kTransparent,
                                          .identifier = 0x5008,
                                          .shortIdentifier = 8,
                                          .content = text("local key"),
                                          .read = localKey});
  IsoSubject subject{IsoCard(std::move(card))};
  const auto down = [&] { return subject.status({0x00, 0xA4, 0x01, 0x0C, 2, 0x51, 0x00}); };
  const auto up = [&] { return subject.status({0x00, 0xA4, 0x03, 0x0C}); };
  subject.selectApplication();
  CHECK_EQ(subject.verify("local", 0x81), 0x9000U);
  CHECK_EQ(subject.give({0x00, 0x82, 0x00, 0x82}, cryptogramFor(challengeOf(subject))), 0x9000U);
  CHECK_EQ(down(), 0x9000U);
  // Proven above already: once more below takes nothing away.
  CHECK_EQ(subject.verify("local", 0x81), 0x9000U);
  CHECK_EQ(up(), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x86, 0x00, 0x00}), ok(text("local file")));
  CHECK_EQ(subject.send({0x00, 0xB0, 0x88, 0x00, 0x00}), ok(text("local key")));
  CHECK_EQ(up(), 0x9000U);
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB0, 0x86, 0x00, 0x00}), 0x6982U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x88, 0x00, 0x00}), 0x6982U);
  // Proven only below: nothing of it holds above.
  CHECK_EQ(down(), 0x9000U);
  CHECK_EQ(subject.verify("local", 0x81), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 0x00}), ok(text("below")));
  CHECK_EQ(up(), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x86, 0x00, 0x00}), 0x6982U);
}

TEST("a reset, and VERIFY with P1 FF, take a verified PIN back; a wrong PIN, too") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  subject.card.reset();
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB0, 0x82, 0x00, 0x00}), 0x6982U);
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0x20, 0xFF, 0x01}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x82, 0x00, 0x00}), 0x6982U);
  CHECK_EQ(subject.status({0x00, 0x20, 0x00, 0x01}), 0x63C3U);
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  CHECK_EQ(subject.verify("4321"), 0x63C2U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x82, 0x00, 0x00}), 0x6982U);
  CHECK_EQ(subject.give({0x00, 0x20, 0xFF, 0x01}, text("1234")), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0x20, 0x01, 0x01}), 0x6A86U);
}

TEST("CHANGE REFERENCE DATA: blocked, too short, not verified, unknown") {
  IsoSubject subject;
  CHECK_EQ(subject.give({0x00, 0x24, 0x00, 0x01}, text("1234567")), 0x6700U);
  CHECK_EQ(subject.give({0x00, 0x24, 0x01, 0x01}, text("567")), 0x6700U);
  CHECK_EQ(subject.give({0x00, 0x24, 0x01, 0x01}, text("5678")), 0x6982U);
  CHECK_EQ(subject.give({0x00, 0x24, 0x02, 0x01}, text("12345678")), 0x6A86U);
  CHECK_EQ(subject.give({0x00, 0x24, 0x00, 0x02}, text("12345678")), 0x6A88U);
  for (const unsigned left : {0x63C2U, 0x63C1U, 0x63C0U})
    CHECK_EQ(subject.give({0x00, 0x24, 0x00, 0x01}, text("99995678")), left);
  CHECK_EQ(subject.give({0x00, 0x24, 0x00, 0x01}, text("12345678")), 0x6983U);
  CHECK_EQ(subject.status({0x00, 0x20, 0x00, 0x01}), 0x6983U);
}

TEST("RESET RETRY COUNTER with the code alone leaves the PIN as it is") {
  IsoSubject subject;
  for (int round = 0; round < 3; ++round) subject.verify("0000");
  CHECK_EQ(subject.verify("1234"), 0x6983U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x01, 0x01}, text("123456789")), 0x6700U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x01, 0x01}, text("12345678")), 0x9000U);
  CHECK_EQ(subject.verify("1234"), 0x9000U);
}

TEST("RESET RETRY COUNTER: the code's last wrong try says so, then it is blocked") {
  CardDescription description = exampleCard();
  description.pins[0].maxUnblockingTries = 2;
  IsoSubject subject{IsoCard(std::move(description))};
  CHECK_EQ(subject.give({0x00, 0x2C, 0x01, 0x01}, text("00000000")), 0x63C1U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x01, 0x01}, text("00000000")), 0x63C0U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x01, 0x01}, text("12345678")), 0x6983U);
}

TEST("RESET RETRY COUNTER: no code, another P1, an unknown PIN") {
  CardDescription description = exampleCard();
  description.pins[0].unblockingCode.clear();
  IsoSubject subject{IsoCard(std::move(description))};
  CHECK_EQ(subject.give({0x00, 0x2C, 0x00, 0x01}, text("123456785678")), 0x6984U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x01, 0x01}, text("12345678")), 0x6984U);
  CHECK_EQ(subject.status({0x00, 0x2C, 0x04, 0x01}), 0x6A86U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x01, 0x02}, text("12345678")), 0x6A88U);
  // Who may do without a code is in the description; nobody unless it says so.
  CHECK_EQ(subject.status({0x00, 0x2C, 0x03, 0x01}), 0x6982U);
}

TEST("RESET RETRY COUNTER without a code, for who has authenticated") {
  CardDescription description = guardedCard();
  description.pins[0].reset = {Access::Rule::kKey, 7};
  CHECK_EQ(vrm::iso::describeFault(description), "");
  IsoSubject subject{IsoCard(std::move(description))};
  for (int round = 0; round < 3; ++round) subject.verify("0000");
  CHECK_EQ(subject.status({0x00, 0x2C, 0x03, 0x01}), 0x6982U);
  CHECK_EQ(authenticate(subject, cryptogramFor(challengeOf(subject))), 0x9000U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x03, 0x01}, text("x")), 0x6700U);
  CHECK_EQ(subject.status({0x00, 0x2C, 0x03, 0x01}), 0x9000U);
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x02, 0x01}, text("567")), 0x6700U);
  CHECK_EQ(subject.give({0x00, 0x2C, 0x02, 0x01}, text("5678")), 0x9000U);
  CHECK_EQ(subject.verify("5678"), 0x9000U);
}

TEST("what a description may not say is named") {
  const auto faultOf = [](auto change) {
    CardDescription card = exampleCard();
    change(card);
    return vrm::iso::describeFault(card);
  };
  CHECK_EQ(faultOf([](auto& card) { card.mf.children[0].children[2].maxRecords = 255; }),
           "File 5003 has more than 254 records");
  CHECK_EQ(faultOf([](auto& card) {
             card.mf.children[2].read = {Access::Rule::kPin, 9};
           }),
           "File 2F01 wants a PIN or key that there is not");
  CHECK_EQ(faultOf([](auto& card) {
             card.mf.children[2].update = {Access::Rule::kKey, 1};
           }),
           "File 2F01 wants a PIN or key that there is not");
  CHECK_EQ(faultOf([](auto& card) {
             card.objects[0].update = {Access::Rule::kPin, 7};
           }),
           "Data object 5F50 wants a PIN or key that there is not");
  CHECK_EQ(faultOf([](auto& card) {
             card.pins[0].reset = {Access::Rule::kKey, 8};
           }),
           "The reset of a PIN wants a PIN or key that there is not");
  CHECK_EQ(faultOf([](auto& card) { card.pins[0].value = text("123"); }),
           "A PIN is shorter than its least length");
  CHECK_EQ(faultOf([](auto& card) { card.mf.children[1].name = card.mf.children[0].name; }),
           "File 6000 has the name of another DF");
}

}  // namespace
}  // namespace scard::test
