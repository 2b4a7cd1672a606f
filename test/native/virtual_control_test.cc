// Attributes and control codes of a virtual reader, PIN pad included.
#include "core/virtual/iso_card.h"
#include "core/virtual/part10.h"
#include "virtual_fixture.h"

namespace scard::test {
namespace {

constexpr Dword kControl = 0x42000000;
constexpr Dword kVerify = kControl + 0x330006;
constexpr Dword kModify = kControl + 0x330007;

using Action = vrm::PinEntry::Action;

/// A PIN pad reader with a card whose PIN 1 is 1234.
struct PinPad : VirtualWorld {
  explicit PinPad(vrm::Profile profile = vrm::Profile::pcsclite()) : VirtualWorld(profile) {
    manager.addReader({.name = "Pad", .pinPad = true});
    vrm::iso::CardDescription description;
    description.pins = {{.reference = 1, .value = {'1', '2', '3', '4'}}};
    manager.insertCard("Pad", std::make_shared<vrm::IsoCard>(description));
    card = connect(context(), share::kShared, protocol::kT1, "Pad");
  }

  Sent control(Dword code, const Bytes& input) {
    Sent sent;
    sent.response.resize(300);
    Dword length = 0;
    sent.result =
        VirtualWorld::code(api.control(card, code, input.data(), static_cast<Dword>(input.size()),
                                       sent.response.data(), 300, &length));
    sent.response.resize(length);
    return sent;
  }

  void enter(const std::string& digits) {
    manager.queuePinEntry("Pad", {.action = Action::kDigits, .digits = digits});
  }

  abi::CardHandle card = 0;
};

/// ASCII, left, at the start of the data; length not written; 4 to 8 digits.
Bytes verifyBlock() {
  return {0, 0, 0x82, 0, 0, 8, 4, 2, 1, 9, 4, 0, 0, 0, 0, 5, 0, 0, 0, 0x00, 0x20, 0x00, 0x01, 0x00};
}

/// Old PIN at 0, new PIN at 4, both asked for, the new one twice.
Bytes modifyBlock() {
  return {0, 0, 0x82, 0x04, 0, 0, 4, 4, 4, 3,    2,    3,    9,    4,   0,
          1, 2, 0,    0,    0, 5, 0, 0, 0, 0x00, 0x24, 0x00, 0x01, 0x00};
}

TEST("the feature list has the reader's features, in the profile's codes") {
  PinPad pad;
  const Bytes list = pad.control(kControl + 3400, {}).response;
  CHECK_EQ(list, (Bytes{0x06, 4, 0x42, 0x33, 0, 0x06, 0x07, 4, 0x42, 0x33, 0, 0x07,
                        0x0A, 4, 0x42, 0x33, 0, 0x0A, 0x12, 4, 0x42, 0x33, 0, 0x12}));
  PinPad windows(vrm::Profile::windows());
  const Bytes codes = windows.control(0x00310000 + 4 * 3400, {}).response;
  CHECK_EQ(Bytes(codes.begin(), codes.begin() + 6), (Bytes{0x06, 4, 0x00, 0x31, 0x20, 0x18}));
}

TEST("TLV properties tell PIN sizes and the largest APDU") {
  PinPad pad;
  const Bytes properties = pad.control(kControl + 0x330012, {}).response;
  const Bytes minimum{0x06, 1, 4, 0x07, 1, 12};
  CHECK(std::search(properties.begin(), properties.end(), minimum.begin(), minimum.end()) !=
        properties.end());
  const Bytes largest{0x0A, 4, 0x08, 0x00, 0x01, 0x00};
  CHECK(std::search(properties.begin(), properties.end(), largest.begin(), largest.end()) !=
        properties.end());
}

TEST("VERIFY at the pad: right, wrong, cancelled, timed out, too short") {
  PinPad pad;
  pad.enter("1234");
  CHECK_EQ(pad.control(kVerify, verifyBlock()).response, (Bytes{0x90, 0x00}));
  pad.enter("9999");
  CHECK_EQ(pad.control(kVerify, verifyBlock()).response, (Bytes{0x63, 0xC2}));
  pad.manager.queuePinEntry("Pad", {.action = Action::kCancel, .digits = ""});
  CHECK_EQ(pad.control(kVerify, verifyBlock()).response, (Bytes{0x64, 0x01}));
  CHECK_EQ(pad.control(kVerify, verifyBlock()).response, (Bytes{0x64, 0x00}));
  pad.enter("123");
  CHECK_EQ(pad.control(kVerify, verifyBlock()).response, (Bytes{0x64, 0x03}));
}

TEST("MODIFY at the pad: old, new and again; differing entries never reach the card") {
  PinPad pad;
  for (const char* digits : {"1234", "5678", "5679"}) pad.enter(digits);
  CHECK_EQ(pad.control(kModify, modifyBlock()).response, (Bytes{0x64, 0x02}));
  CHECK_EQ(pad.manager.snapshot("Pad").transmitCount, 0U);
  for (const char* digits : {"1234", "5678", "5678"}) pad.enter(digits);
  CHECK_EQ(pad.control(kModify, modifyBlock()).response, (Bytes{0x90, 0x00}));
  pad.enter("5678");
  CHECK_EQ(pad.control(kVerify, verifyBlock()).response, (Bytes{0x90, 0x00}));
}

TEST("PINs are written as the format bytes say") {
  namespace part10 = vrm::part10;
  Bytes command{0x00, 0x20, 0x00, 0x01, 0x08, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  // Format 2 PIN block: BCD after a control nibble and the length nibble.
  part10::PinFormat format;
  format.coding = part10::PinFormat::Coding::kBcd;
  format.position = 8;
  format.blockSize = 7;
  format.lengthSize = 4;
  format.lengthPosition = 4;
  CHECK(part10::insertPin(command, format, "12345", 0));
  CHECK_EQ(command,
           (Bytes{0x00, 0x20, 0x00, 0x01, 0x08, 0x25, 0x12, 0x34, 0x5F, 0xFF, 0xFF, 0xFF, 0xFF}));
  format.blockSize = 1;
  CHECK(!part10::insertPin(command, format, "12345", 0));
}

TEST("malformed PIN blocks are refused before anything is asked") {
  PinPad pad;
  pad.enter("1234");
  Bytes block = verifyBlock();
  block[15] = 6;
  CHECK_EQ(pad.control(kVerify, block).result, result::kInvalidParameter);
  CHECK_EQ(pad.control(kVerify, {}).result, result::kInvalidParameter);
  CHECK_EQ(pad.control(kVerify, verifyBlock()).response, (Bytes{0x90, 0x00}));
}

TEST("unknown codes are unsupported; a handler answers its own") {
  PinPad pad;
  CHECK_EQ(pad.control(kControl + 1, {}).result, result::kUnsupportedFeaturePcsclite);

  struct Escape : vrm::ControlHandler {
    void control(Dword function, Bytes input, std::shared_ptr<vrm::Exchange> exchange) override {
      if (function != 1) return exchange->mute();
      std::reverse(input.begin(), input.end());
      exchange->respond(std::move(input));
    }
  };
  pad.manager.addReader({.name = "Escaping", .controlHandler = std::make_shared<Escape>()});
  pad.card = pad.connect(pad.context(), share::kDirect, 0, "Escaping");
  CHECK_EQ(pad.control(kControl + 1, {1, 2, 3}).response, (Bytes{3, 2, 1}));
  CHECK_EQ(pad.control(kControl + 2, {}).result, result::kUnsupportedFeaturePcsclite);
}

TEST("attributes: what a reader is, what its card is, what was set") {
  PinPad pad;
  const auto get = [&](Dword attribute) {
    Bytes value(264);
    Dword length = 264;
    pad.lastResult = pad.code(pad.api.getAttrib(pad.card, attribute, value.data(), &length));
    value.resize(pad.lastResult == result::kSuccess ? length : 0);
    return value;
  };
  CHECK_EQ(get(0x00010100), (Bytes{'s', 'c', 'a', 'r', 'd', 0}));
  CHECK_EQ(get(0x7FFF0003), (Bytes{'P', 'a', 'd', 0}));
  CHECK_EQ(get(0x00020110), (Bytes{1, 0, 0x20, 0}));
  CHECK_EQ(get(0x00090303), kT0T1Atr);
  CHECK_EQ(get(0x00080201), (Bytes{2, 0, 0, 0}));
  get(0x00012345);
  CHECK_EQ(pad.lastResult, result::kUnsupportedFeaturePcsclite);
  const Bytes value{1, 2};
  CHECK_EQ(pad.code(pad.api.setAttrib(pad.card, 0x0007A005, value.data(), 2)), result::kSuccess);
  CHECK_EQ(get(0x0007A005), value);
  CHECK_EQ(pad.code(pad.api.setAttrib(pad.card, 0x00090303, value.data(), 2)),
           result::kUnsupportedFeaturePcsclite);
  pad.manager.setAttribute("Pad", 0x00010103, {'7', 0});
  CHECK_EQ(get(0x00010103), (Bytes{'7', 0}));
}

}  // namespace
}  // namespace scard::test
