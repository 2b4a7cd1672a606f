// Commands of the ISO card that come in pieces or are malformed: chaining, ENVELOPE, lengths.
#include "iso_card_fixture.h"

namespace scard::test {
namespace {

TEST("a card without command chaining says so itself") {
  CardDescription description = exampleCard();
  description.commandChaining = false;
  IsoSubject subject{IsoCard(std::move(description))};
  subject.selectApplication();
  CHECK_EQ(subject.status({0x10, 0xD6, 0x81, 0x00, 1, 'x'}), 0x6884U);
  CHECK_EQ(subject.status({0x10, 0xC2, 0x00, 0x00, 1, 0x00}), 0x6884U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 5}), ok(text("hello")));
}

TEST("a chain is refused at once where its command would be") {
  IsoSubject subject;
  CHECK_EQ(subject.status({0x10, 0x99, 0x00, 0x00, 1, 0x00}), 0x6D00U);
  CHECK_EQ(subject.status({0x11, 0xD6, 0x81, 0x00, 1, 0x00}), 0x6881U);
}

TEST("a chain or ENVELOPE ends when it is longer than any command") {
  IsoSubject subject;
  Bytes piece{0x10, 0xD6, 0x00, 0x00, 0x00, 0x80, 0x00};
  piece.resize(piece.size() + 0x8000);
  const Bytes fine{0x90, 0x00};
  const Bytes tooLong{0x67, 0x00};
  CHECK_EQ(subject.card.answer(piece, protocol::kT1), fine);
  CHECK_EQ(subject.card.answer(piece, protocol::kT1), fine);
  CHECK_EQ(subject.card.answer(piece, protocol::kT1), tooLong);
  piece[1] = 0xC2;
  CHECK_EQ(subject.card.answer(piece, protocol::kT1), fine);
  CHECK_EQ(subject.card.answer(piece, protocol::kT1), fine);
  CHECK_EQ(subject.card.answer(piece, protocol::kT1), tooLong);
  // Neither is under way any more.
  CHECK_EQ(subject.status({0x00, 0xA4, 0x00, 0x0C}), 0x9000U);
}

TEST("ENVELOPE: a piece that ends after the header or after Lc runs nothing") {
  const std::initializer_list<int> aid{0xA0, 0, 0, 1, 0x51, 1};
  for (const int first : {4, 5}) {
    IsoSubject subject;
    Bytes command{0x00, 0xA4, 0x04, 0x0C, 6};
    command.insert(command.end(), aid.begin(), aid.end());
    const Bytes begin(command.begin(), command.begin() + first);
    const Bytes rest(command.begin() + first, command.end());
    CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, begin), 0x9000U);
    CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, rest), 0x9000U);
    CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 5}), ok(text("hello")));
  }
}

TEST("ENVELOPE: a piece that ends after an extended Lc runs nothing") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {0x00, 0xD6, 0x81, 0x00, 0x00, 0x00, 0x02}),
           0x9000U);
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {'H', 'E'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 5}), ok(text("HEllo")));
}

TEST("ENVELOPE: what could go on is run by an empty one, or by one that asks for an answer") {
  IsoSubject subject;
  subject.selectApplication();
  // Case 1.
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {0x00, 0xA4, 0x03, 0x0C}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xC2, 0x00, 0x00}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x81, 0x00, 5}), 0x6A82U);
  subject.selectApplication();
  // Case 2, whose Le could be Lc.
  CHECK_EQ(subject.send({0x00, 0xC2, 0x00, 0x00, 5, 0x00, 0xB0, 0x81, 0x00, 0x05, 0x00}),
           ok(text("hello")));
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {0x00, 0xB0, 0x81, 0x00, 0x04}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xC2, 0x00, 0x00, 0x00}), ok(text("hell")));
}

TEST("ENVELOPE: the chaining bit of its class says that more comes") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.give({0x10, 0xC2, 0x00, 0x00}, {0x00, 0xD6, 0x81, 0x00, 0x01, 'H'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 5}), ok(text("hello")));
  CHECK_EQ(subject.give({0x10, 0xC2, 0x00, 0x00}, {0x00, 0xD6, 0x81, 0x00, 0x01}), 0x9000U);
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {'H'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x81, 0x00, 5}), ok(text("Hello")));
}

TEST("ENVELOPE: the first piece that announces no more ends the chain, a header too") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.give({0x10, 0xC2, 0x00, 0x00}, {0x00, 0xA4}), 0x9000U);
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {0x03, 0x0C}), 0x9000U);
  // The parent is selected: its file 1 is not there.
  CHECK_EQ(subject.status({0x00, 0xB0, 0x81, 0x00, 5}), 0x6A82U);
  CHECK_EQ(subject.give({0x10, 0xC2, 0x00, 0x00}, {0x00}), 0x9000U);
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {0xA4}), 0x6A80U);
  // Nothing is left of it.
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {0x00, 0xA4}), 0x9000U);
}

TEST("ENVELOPE: another command drops the pieces; classes inside are judged as outside") {
  IsoSubject subject;
  CHECK_EQ(subject.give({0x00, 0xC2, 0x00, 0x00}, {0x00, 0xB0}), 0x9000U);
  subject.selectApplication();
  CHECK_EQ(subject.send({0x00, 0xC2, 0x00, 0x00, 5, 0x00, 0xB0, 0x81, 0x00, 0x05, 0x00}),
           ok(text("hello")));
  const auto wrapped = [&](int cla) {
    return subject.status({0x00, 0xC2, 0x00, 0x00, 5, cla, 0xB0, 0x81, 0x00, 0x05, 0x00});
  };
  CHECK_EQ(wrapped(0x0C), 0x6882U);
  CHECK_EQ(wrapped(0x80), 0x6E00U);
  CHECK_EQ(wrapped(0x20), 0x6E00U);
  CHECK_EQ(wrapped(0x10), 0x6884U);
  CHECK_EQ(wrapped(0x01), 0x6881U);
  CHECK_EQ(subject.status({0x00, 0xC2, 0x00, 0x01, 1, 0x00}), 0x6A86U);
}

TEST("ENVELOPE over T=0: the answer waits for GET RESPONSE") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xC2, 0, 0, 5, 0x00, 0xB0, 0x81, 0x00, 0x05}, protocol::kT0),
           0x9000U);
  CHECK_EQ(subject.send({0x00, 0xC2, 0, 0, 0}, protocol::kT0), (Bytes{0x61, 0x05}));
  CHECK_EQ(subject.send({0x00, 0xC0, 0, 0, 5}, protocol::kT0), ok(text("hello")));
}

TEST("reserved classes and lengths that do not add up are refused") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x20, 0xB0, 0x81, 0x00, 5}), 0x6E00U);
  CHECK_EQ(subject.status({0x3F, 0xB0, 0x81, 0x00, 5}), 0x6E00U);
  // Lc 0 and Le.
  CHECK_EQ(subject.status({0x00, 0xB0, 0x81, 0x00, 0x00, 0x00}), 0x6700U);
  // An extended Lc of 0, a missing byte, one too many.
  CHECK_EQ(subject.status({0x00, 0xD6, 0x81, 0x00, 0, 0, 0, 1}), 0x6700U);
  CHECK_EQ(subject.status({0x00, 0xD6, 0x81, 0x00, 0, 0, 2, 1}), 0x6700U);
  CHECK_EQ(subject.status({0x00, 0xD6, 0x81, 0x00, 0, 0, 1, 1, 0}), 0x6700U);
}

}  // namespace
}  // namespace scard::test
