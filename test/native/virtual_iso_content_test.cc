// Contents of the ISO card in their corners: bytes, records and data objects.
#include <span>
#include <utility>

#include "core/virtual/iso_command.h"
#include "iso_card_fixture.h"

namespace scard::test {
namespace {

TEST("READ BINARY: short identifier 0 is the current EF, 31 none") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB0, 0x80, 0x00, 0x00}), 0x6986U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x02, 0x0C, 2, 0x50, 0x01}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x80, 0x07, 0x00}), ok(text("card")));
  CHECK_EQ(subject.status({0x00, 0xB0, 0x9F, 0x00, 0x00}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0xA1, 0x00, 0x00}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xB0, 0x89, 0x00, 0x00}), 0x6A82U);
  // None of them has changed what is current.
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x07, 0x00}), ok(text("card")));
}

TEST("READ BINARY: no EF without a short identifier is found by 0") {
  IsoSubject subject;
  // 2F01 of the MF has none.
  CHECK_EQ(subject.status({0x00, 0xB0, 0x80, 0x00, 0x00}), 0x6986U);
}

TEST("WRITE and ERASE BINARY by short identifier make the EF current") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xD0, 0x81, 0x0B, 1, '!'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x0A, 0x00}), ok(text("d!")));
  CHECK_EQ(subject.status({0x00, 0xA4, 0x02, 0x0C, 2, 0x50, 0x03}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0x0E, 0x81, 0x05}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x04, 0x02}), ok({'o', 0}));
  CHECK_EQ(subject.status({0x00, 0x0E, 0x81, 0x20}), 0x6B00U);
  CHECK_EQ(subject.status({0x00, 0x0E, 0x82, 0x00}), 0x6982U);
}

TEST("odd instructions: the current EF, a short identifier, a file identifier") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB1, 0x00, 0x00, 3, 0x54, 1, 0, 0}), 0x6986U);
  CHECK_EQ(subject.send({0x00, 0xB1, 0x00, 0x01, 3, 0x54, 1, 9, 0}), ok({0x53, 2, 'r', 'd'}));
  CHECK_EQ(subject.send({0x00, 0xB1, 0x00, 0x00, 3, 0x54, 1, 9, 0}), ok({0x53, 2, 'r', 'd'}));
  CHECK_EQ(subject.send({0x00, 0xB1, 0x50, 0x01, 4, 0x54, 2, 0, 10, 0}), ok({0x53, 1, 'd'}));
  CHECK_EQ(subject.status({0x00, 0xB1, 0x50, 0x09, 3, 0x54, 1, 0, 0}), 0x6A82U);
  CHECK_EQ(subject.status({0x00, 0xB1, 0x00, 0x09, 3, 0x54, 1, 0, 0}), 0x6A82U);
  CHECK_EQ(subject.status({0x00, 0xB1, 0x00, 0x00, 3, 0x55, 1, 0, 0}), 0x6A80U);
  CHECK_EQ(subject.status({0x00, 0xD1, 0x00, 0x00, 6, 0x54, 1, 0, 0x53, 1, 0x20}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0x0F, 0x00, 0x00, 6, 0x54, 1, 1, 0x54, 1, 2}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB0, 0x00, 0x00, 3}), ok({'h', 0, 'l'}));
}

TEST("READ BINARY with odd INS: Le counts the data object, its header included") {
  IsoSubject subject;
  subject.selectApplication();
  // 13 bytes: tag, length and all of the content.
  CHECK_EQ(subject.send({0x00, 0xB1, 0x50, 0x01, 3, 0x54, 1, 0, 13}),
           ok({0x53, 11, 'h', 'e', 'l', 'l', 'o', ',', ' ', 'c', 'a', 'r', 'd'}));
  CHECK_EQ(subject.send({0x00, 0xB1, 0x50, 0x01, 3, 0x54, 1, 0, 7}),
           ok({0x53, 5, 'h', 'e', 'l', 'l', 'o'}));
  CHECK_EQ(subject.status({0x00, 0xB1, 0x50, 0x01, 3, 0x54, 1, 0, 14}), 0x6282U);
  CHECK_EQ(subject.status({0x00, 0xA4, 0x00, 0x0C}), 0x9000U);
  // Two bytes of header up to 127 of content, three up to 255, then four.
  for (const auto& [expected, content] :
       {std::pair{129, 127}, std::pair{131, 128}, std::pair{255, 252}, std::pair{256, 253}}) {
    const Bytes response = subject.send({0x00, 0xB1, 0x2F, 0x01, 3, 0x54, 1, 0, expected & 0xFF});
    std::span<const std::uint8_t> rest(response);
    const auto object = vrm::iso::takeObject(rest);
    REQUIRE(object.has_value());
    CHECK_EQ(object->value.size(), static_cast<std::size_t>(content));
    CHECK_EQ(Bytes(rest.begin(), rest.end()), (Bytes{0x90, 0x00}));
  }
}

TEST("odd READ BINARY over T=0 ends with what one GET RESPONSE brings") {
  IsoSubject subject;
  CHECK_EQ(subject.send({0x00, 0xB1, 0x2F, 0x01, 3, 0x54, 1, 0}, protocol::kT0),
           (Bytes{0x61, 0x00}));
  CHECK_EQ(subject.send({0x00, 0xC0, 0, 0, 0}, protocol::kT0).size(), 258U);
  CHECK_EQ(subject.status({0x00, 0xC0, 0, 0, 0}, protocol::kT0), 0x6985U);
}

/// A card with one record file in the MF, short identifier 1.
IsoSubject recordCard(FileDescription file) {
  CardDescription card = exampleCard();
  file.identifier = 0x2F02;
  file.shortIdentifier = 1;
  card.mf.children.push_back(std::move(file));
  CHECK_EQ(vrm::iso::describeFault(card), "");
  return IsoSubject{IsoCard(std::move(card))};
}

TEST("READ RECORD: what is longer than 256 bytes is announced, not lost") {
  IsoSubject subject = recordCard({.kind = FileKind::kLinearVariable,
                                   .records = {Bytes(300, 0xA1), Bytes(20, 0xA2)},
                                   .maxRecords = 4});
  const Bytes part = subject.send({0x00, 0xB2, 0x01, 0x0C, 0x00});
  REQUIRE(part.size() == 258);
  CHECK_EQ(part[256], 0x61);
  CHECK_EQ(part[257], 44);
  CHECK_EQ(subject.send({0x00, 0xC0, 0x00, 0x00, 44}), ok(Bytes(44, 0xA1)));
  // All records in one answer.
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x0D, 0x00, 0x00, 0x00}).size(), 322U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x0D, 0x00}).size(), 258U);
  CHECK_EQ(subject.send({0x00, 0xC0, 0x00, 0x00, 64}).size(), 66U);
  // An exact Le asks for a part.
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x0C, 2}), ok({0xA1, 0xA1}));
}

TEST("READ RECORD: P1 0 by number is the current record, which another EF has not") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xB2, 0x00, 0x1C, 0}), 0x6A83U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x1A, 0}), ok(text("one")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x1A, 0}), ok(text("two")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x04, 0}), ok(text("two")));
  // A record that was named by its number does not become current.
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x04, 0}), ok(text("one")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x04, 0}), ok(text("two")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x22, 0}), ok(text("c")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x1A, 0}), ok(text("one")));
  CHECK_EQ(subject.status({0x00, 0xB2, 0x01, 0x07, 0}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xB2, 0x01, 0xFC, 0}), 0x6A86U);
}

TEST("a cyclic file goes from the newest to the oldest with NEXT, and back with PREVIOUS") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x22, 0}), ok(text("c")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x02, 0}), ok(text("b")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x02, 0}), ok(text("a")));
  CHECK_EQ(subject.status({0x00, 0xB2, 0x00, 0x02, 0}), 0x6A83U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x03, 0}), ok(text("b")));
  // The appended record is the current one.
  CHECK_EQ(subject.status({0x00, 0xE2, 0x00, 0x00, 1, 'd'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x04, 0}), ok(text("d")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x02, 0}), ok(text("c")));
}

TEST("APPEND RECORD makes the new record current; P1-P2 name the file only") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xE2, 0x01, 0x18, 3, 'n', 'e', 'w'}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xE2, 0x00, 0x1A, 3, 'n', 'e', 'w'}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xE2, 0x00, 0x18, 3, 'n', 'e', 'w'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x04, 0}), ok(text("new")));
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x03, 0}), ok(text("six")));
}

TEST("UPDATE and WRITE RECORD change one record") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0xDC, 0x01, 0x1D, 3, 'x', 'y', 'z'}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xDC, 0x01, 0x1E, 3, 'x', 'y', 'z'}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xDC, 0x00, 0x1A, 3, 'O', 'N', 'E'}), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xD2, 0x00, 0x04, 3, 0x20, 0x20, 0x20}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x04, 0}), ok(text("one")));
  CHECK_EQ(subject.status({0x00, 0xDC, 0x01, 0x2C, 4, 0x11, 2, 0xAA, 0xAB}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x04, 0}), ok({0x11, 2, 0xAA, 0xAB}));
}

TEST("ERASE RECORD: one, the current one, all from one on") {
  IsoSubject subject;
  subject.selectApplication();
  CHECK_EQ(subject.status({0x00, 0x0C, 0x00, 0x1C}), 0x6A83U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x00, 0x1A, 0}), ok(text("one")));
  CHECK_EQ(subject.status({0x00, 0x0C, 0x00, 0x04}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x05, 0}), ok({0, 0, 0, 't', 'w', 'o', 's', 'i', 'x'}));
  CHECK_EQ(subject.status({0x00, 0x0C, 0x02, 0x05}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xB2, 0x01, 0x05, 0}), ok(Bytes(9, 0)));
  CHECK_EQ(subject.status({0x00, 0x0C, 0x04, 0x05}), 0x6A83U);
  CHECK_EQ(subject.status({0x00, 0x0C, 0x01, 0x02}), 0x6A86U);
}

TEST("GET DATA answers all objects of a tag list that there are") {
  CardDescription description = exampleCard();
  description.objects.push_back({.tag = 0x4F, .value = {0xA0, 0x01}});
  description.objects.push_back({.tag = 0x50, .value = {0xB0}});
  description.objects.push_back({.tag = 0x53, .value = {0xC0}, .read = {Access::Rule::kPin, 1}});
  IsoSubject subject{IsoCard(std::move(description))};
  CHECK_EQ(subject.send({0x00, 0xCB, 0x3F, 0xFF, 4, 0x5C, 2, 0x4F, 0x50, 0}),
           ok({0x4F, 2, 0xA0, 0x01, 0x50, 1, 0xB0}));
  CHECK_EQ(subject.send({0x00, 0xCB, 0x3F, 0xFF, 4, 0x5C, 2, 0x50, 0x51, 0}), ok({0x50, 1, 0xB0}));
  CHECK_EQ(subject.send({0x00, 0xCB, 0x3F, 0xFF, 5, 0x5C, 3, 0x50, 0x5F, 0x50, 0}).size(), 27U);
  CHECK_EQ(subject.status({0x00, 0xCB, 0x3F, 0xFF, 4, 0x5C, 2, 0x51, 0x52, 0}), 0x6A88U);
  // A tag that breaks off, no list, an empty one, no Le.
  CHECK_EQ(subject.status({0x00, 0xCB, 0x3F, 0xFF, 4, 0x5C, 2, 0x50, 0x5F, 0}), 0x6A80U);
  CHECK_EQ(subject.status({0x00, 0xCB, 0x3F, 0xFF, 3, 0x50, 1, 0x50, 0}), 0x6A80U);
  CHECK_EQ(subject.status({0x00, 0xCB, 0x3F, 0xFF, 2, 0x5C, 0, 0}), 0x6A80U);
  CHECK_EQ(subject.status({0x00, 0xCB, 0x3F, 0xFF, 3, 0x5C, 1, 0x50}), 0x6700U);
  // One that may not be read.
  CHECK_EQ(subject.status({0x00, 0xCB, 0x3F, 0xFF, 4, 0x5C, 2, 0x50, 0x53, 0}), 0x6982U);
}

TEST("PUT DATA is for who may, and for what there is") {
  IsoSubject subject;
  CHECK_EQ(subject.status({0x00, 0xDA, 0x01, 0x01, 1, 'x'}), 0x6982U);
  CHECK_EQ(subject.status({0x00, 0xDA, 0x01, 0x02, 1, 'x'}), 0x6A88U);
  CHECK_EQ(subject.status({0x00, 0xDA, 0x00, 0x3F, 1, 'x'}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xDB, 0x3F, 0xFF, 3, 0x5F, 0x50, 1}), 0x6A80U);
  CHECK_EQ(subject.verify("1234"), 0x9000U);
  CHECK_EQ(subject.status({0x00, 0xDA, 0x01, 0x01, 1, 'x'}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xCA, 0x01, 0x01, 0}), ok(text("x")));
}

TEST("GET and PUT DATA reach a tag below 40 with odd INS only") {
  CardDescription description = exampleCard();
  description.objects.push_back({.tag = 0x02, .value = {0x07}});
  IsoSubject subject{IsoCard(std::move(description))};
  CHECK_EQ(subject.status({0x00, 0xCA, 0x00, 0x02, 0}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xDA, 0x00, 0x02, 1, 9}), 0x6A86U);
  CHECK_EQ(subject.status({0x00, 0xDB, 0x3F, 0xFF, 3, 0x02, 1, 9}), 0x9000U);
  CHECK_EQ(subject.send({0x00, 0xCB, 0x3F, 0xFF, 3, 0x5C, 1, 0x02, 0}), ok({0x02, 1, 9}));
  CHECK_EQ(subject.status({0x00, 0xDB, 0x3F, 0xFF, 3, 0x03, 1, 9}), 0x6A88U);
}

}  // namespace
}  // namespace scard::test
