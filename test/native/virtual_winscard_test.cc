// The Windows half of the table: names, groups, card types, locating, cache, metadata.
#include "virtual_fixture.h"

namespace scard::test {
namespace {

using vrm::Chars;
using vrm::fromMultiString;
using vrm::toChars;

const abi::Guid kSigning{0x11111111, 0x2222, 0x3333, {1, 2, 3, 4, 5, 6, 7, 8}};
const abi::Guid kWallet{0xAAAAAAAA, 0xBBBB, 0xCCCC, {8, 7, 6, 5, 4, 3, 2, 1}};
constexpr char kWalletText[] = "{AAAAAAAA-BBBB-CCCC-0807-060504030201}";

/// A world with the Windows profile and one context.
struct Windows : VirtualWorld {
  Windows() : VirtualWorld(vrm::Profile::windows()), handle(context()) {}

  std::vector<std::string> names(const std::function<std::uint32_t(vrm::Char*, Dword*)>& call) {
    vrm::Char buffer[400] = {};
    Dword length = 400;
    lastResult = call(buffer, &length);
    return lastResult == result::kSuccess ? fromMultiString(buffer) : std::vector<std::string>{};
  }

  std::vector<std::string> groups() {
    return names([&](vrm::Char* buffer, Dword* length) {
      return code(api.listReaderGroups(handle, buffer, length));
    });
  }

  std::vector<std::string> readersIn(const std::vector<std::string>& wanted) {
    const Chars list = vrm::toMultiString(wanted);
    return names([&](vrm::Char* buffer, Dword* length) {
      return code(api.listReaders(handle, list.c_str(), buffer, length));
    });
  }

  std::uint32_t join(const std::string& reader, const std::string& group) {
    return code(api.addReaderToGroup(handle, toChars(reader).c_str(), toChars(group).c_str()));
  }

  std::uint32_t leave(const std::string& reader, const std::string& group) {
    return code(api.removeReaderFromGroup(handle, toChars(reader).c_str(), toChars(group).c_str()));
  }

  std::uint32_t introduce(const std::string& name, const std::string& device) {
    return code(api.introduceReader(handle, toChars(name).c_str(), toChars(device).c_str()));
  }

  std::uint32_t forget(const std::string& name) {
    return code(api.forgetReader(handle, toChars(name).c_str()));
  }

  std::uint32_t addType(const std::string& name, const Bytes& atr, const Bytes& mask = {},
                        const std::vector<abi::Guid>& interfaces = {},
                        const abi::Guid* provider = nullptr) {
    return code(api.introduceCardType(
        handle, toChars(name).c_str(), provider, interfaces.empty() ? nullptr : interfaces.data(),
        static_cast<Dword>(interfaces.size()), atr.data(), mask.empty() ? nullptr : mask.data(),
        static_cast<Dword>(atr.size())));
  }

  std::vector<std::string> cards(const Bytes& atr, const std::vector<abi::Guid>& interfaces = {}) {
    return names([&](vrm::Char* buffer, Dword* length) {
      return code(api.listCards(handle, atr.empty() ? nullptr : atr.data(),
                                interfaces.empty() ? nullptr : interfaces.data(),
                                static_cast<Dword>(interfaces.size()), buffer, length));
    });
  }

  abi::ContextHandle handle;
};

using List = std::vector<std::string>;

TEST("pcsclite has none of it: the entries stay empty, as in its library") {
  VirtualWorld world;
  int present = 0;
  forEachFunction(world.api, [&](auto& entry, const char*) { present += entry ? 1 : 0; });
  CHECK_EQ(present, 18);
  CHECK(!world.api.listCards);
  VirtualWorld windows(vrm::Profile::windows());
  present = 0;
  forEachFunction(windows.api, [&](auto& entry, const char*) { present += entry ? 1 : 0; });
  CHECK_EQ(present, 43);
}

TEST("reader groups come with their first member and go with their last") {
  Windows world;
  CHECK_EQ(world.groups(), List{"SCard$DefaultReaders"});
  CHECK_EQ(world.code(world.api.introduceReaderGroup(world.handle, toChars("Tills").c_str())),
           result::kSuccess);
  CHECK_EQ(world.groups(), List{"SCard$DefaultReaders"});
  CHECK_EQ(world.join("Reader", "Tills"), result::kSuccess);
  CHECK_EQ(world.join("Reader", "tills"), result::kSuccess);
  CHECK_EQ(world.groups(), (List{"SCard$DefaultReaders", "Tills"}));
  CHECK_EQ(world.readersIn({"TILLS"}), List{"Reader"});
  CHECK_EQ(world.leave("Reader", "Tills"), result::kSuccess);
  CHECK_EQ(world.groups(), List{"SCard$DefaultReaders"});
  CHECK_EQ(world.code(world.api.forgetReaderGroup(world.handle, toChars("Tills").c_str())),
           result::kSuccess);
  CHECK_EQ(world.join("Nobody", "Tills"), result::kUnknownReader);
  CHECK_EQ(world.join("Reader", "SCard$AllReaders"), result::kInvalidValue);
  CHECK_EQ(world.code(
               world.api.forgetReaderGroup(world.handle, toChars("SCard$DefaultReaders").c_str())),
           result::kInvalidValue);
}

TEST("readers of groups: union without doubles, unknown groups passed over") {
  Windows world;
  world.manager.addReader({.name = "Second"});
  world.join("Reader", "A");
  world.join("Second", "B");
  world.join("Second", "A");
  CHECK_EQ(world.readersIn({"A", "B", "Nowhere"}), (List{"Reader", "Second"}));
  CHECK_EQ(world.readersIn({"B"}), List{"Second"});
  CHECK_EQ(world.readersIn({"SCard$AllReaders"}), (List{"Reader", "Second"}));
  world.readersIn({"Nowhere"});
  CHECK_EQ(world.lastResult, result::kNoReadersAvailable);
  world.manager.removeReader("Second");
  world.readersIn({"B"});
  CHECK_EQ(world.lastResult, result::kNoReadersAvailable);
}

TEST("a reader is renamed by introducing a name and forgetting the old one") {
  Windows world;
  world.manager.insertCard("Reader", echoCard());
  CHECK_EQ(world.introduce("Front desk", "Reader"), result::kSuccess);
  CHECK_EQ(world.introduce("Front desk", "Reader"), result::kDuplicateReader);
  CHECK_EQ(world.list(world.handle), (List{"Reader", "Front desk"}));
  CHECK_EQ(world.forget("Reader"), result::kSuccess);
  CHECK_EQ(world.list(world.handle), List{"Front desk"});
  CHECK(world.connect(world.handle, share::kShared, kBoth, "Front desk") != 0);
  world.connect(world.handle);
  CHECK_EQ(world.lastResult, result::kUnknownReader);
  CHECK_EQ(world.observe(world.handle, state::kUnaware, 0, "Front desk").bits(),
           state::kPresent | state::kInUse | state::kChanged);
  CHECK_EQ(world.forget("Nobody"), result::kUnknownReader);
}

TEST("card types by ATR, mask and interfaces") {
  Windows world;
  const Bytes atr{0x3B, 0x02, 0x14, 0x50};
  world.addType("Exact", atr, {}, {kSigning});
  world.addType("Masked", {0x3B, 0x02, 0x14, 0x00}, {0xFF, 0xFF, 0xFF, 0x00}, {kSigning, kWallet});
  // A pattern bit outside the mask can never match.
  world.addType("Never", {0x3B, 0x02, 0x14, 0x50}, {0xFF, 0xFF, 0xFF, 0x00});
  CHECK_EQ(world.cards({}), (List{"Exact", "Masked", "Never"}));
  CHECK_EQ(world.cards(atr), (List{"Exact", "Masked"}));
  CHECK_EQ(world.cards({0x3B, 0x02, 0x14, 0x77}), List{"Masked"});
  CHECK_EQ(world.cards({0x3B, 0x01, 0x14}), List{});
  CHECK_EQ(world.lastResult, result::kSuccess);
  CHECK_EQ(world.cards({}, {kWallet, kSigning}), List{"Masked"});
  CHECK_EQ(world.cards(atr, {kSigning}), (List{"Exact", "Masked"}));
  CHECK_EQ(world.code(world.api.forgetCardType(world.handle, toChars("exact").c_str())),
           result::kSuccess);
  CHECK_EQ(world.code(world.api.forgetCardType(world.handle, toChars("exact").c_str())),
           result::kUnknownCard);
  CHECK_EQ(world.cards(atr), List{"Masked"});
}

TEST("interfaces and providers of a card type") {
  Windows world;
  const Bytes atr{0x3B, 0x00};
  const Chars name = toChars("Card");
  world.addType("Card", atr, {}, {kSigning, kWallet}, &kWallet);
  Dword count = 0;
  CHECK_EQ(world.code(world.api.listInterfaces(world.handle, name.c_str(), nullptr, &count)),
           result::kSuccess);
  CHECK_EQ(count, 2U);
  abi::Guid interfaces[2] = {};
  CHECK_EQ(world.code(world.api.listInterfaces(world.handle, name.c_str(), interfaces, &count)),
           result::kSuccess);
  CHECK_EQ(interfaces[0].data1, kSigning.data1);
  abi::Guid provider{};
  CHECK_EQ(world.code(world.api.getProviderId(world.handle, name.c_str(), &provider)),
           result::kSuccess);
  CHECK_EQ(provider.data1, kWallet.data1);
  vrm::Char value[100] = {};
  Dword length = 100;
  const auto get = [&](Dword id) {
    length = 100;
    return world.code(
        world.api.getCardTypeProviderName(world.handle, name.c_str(), id, value, &length));
  };
  CHECK_EQ(get(1), result::kSuccess);
  CHECK_EQ(vrm::fromChars(value), kWalletText);
  CHECK_EQ(get(2), 2U);
  CHECK_EQ(world.code(world.api.setCardTypeProviderName(world.handle, name.c_str(), 2,
                                                        toChars("My CSP").c_str())),
           result::kSuccess);
  CHECK_EQ(get(2), result::kSuccess);
  CHECK_EQ(vrm::fromChars(value), "My CSP");
  CHECK_EQ(world.code(world.api.setCardTypeProviderName(world.handle, name.c_str(), 1,
                                                        toChars("no guid").c_str())),
           result::kInvalidValue);
  world.addType("Bare", atr);
  CHECK_EQ(world.code(world.api.getProviderId(world.handle, toChars("Bare").c_str(), &provider)),
           result::kIccInstallation);
}

TEST("cards are located by type and by ATR, at once") {
  Windows world;
  world.manager.insertCard("Reader", echoCard());
  world.addType("Ours", kT0T1Atr);
  const Chars reader = toChars("Reader");
  abi::ReaderState entry{};
  entry.reader = reader.c_str();
  CHECK_EQ(world.code(world.api.locateCards(world.handle, vrm::toMultiString({"Ours"}).c_str(),
                                            &entry, 1)),
           result::kSuccess);
  CHECK_EQ(entry.eventState & 0xFFFFU, state::kPresent | state::kAtrMatch | state::kChanged);
  CHECK_EQ(world.code(world.api.locateCards(world.handle, vrm::toMultiString({"Other"}).c_str(),
                                            &entry, 1)),
           result::kUnknownCard);
  abi::AtrMask mask{};
  mask.atrLength = 5;
  std::copy(kT0T1Atr.begin(), kT0T1Atr.end(), mask.atr);
  mask.atr[4] = 0;
  std::fill(mask.mask, mask.mask + 4, std::uint8_t{0xFF});
  CHECK_EQ(world.code(world.api.locateCardsByAtr(world.handle, &mask, 1, &entry, 1)),
           result::kSuccess);
  CHECK((entry.eventState & state::kAtrMatch) != 0);
  mask.atrLength = 4;
  world.api.locateCardsByAtr(world.handle, &mask, 1, &entry, 1);
  CHECK((entry.eventState & state::kAtrMatch) == 0);
  // GetStatusChange never says ATRMATCH.
  CHECK((world.observe(world.handle, state::kUnaware).state & state::kAtrMatch) == 0);
}

TEST("the cache: miss, hit, stale, newer, replaced, too big") {
  Windows world;
  const Chars name = toChars("item");
  const auto write = [&](Dword freshness, const Bytes& data) {
    return world.code(world.api.writeCache(world.handle, &kWallet, freshness, name.c_str(),
                                           data.data(), static_cast<Dword>(data.size())));
  };
  Bytes read(16);
  const auto get = [&](Dword freshness) {
    read.resize(16);
    auto length = static_cast<Dword>(read.size());
    const std::uint32_t got = world.code(
        world.api.readCache(world.handle, &kWallet, freshness, name.c_str(), read.data(), &length));
    read.resize(got == result::kSuccess ? length : 0);
    return got;
  };
  CHECK_EQ(get(1), result::kCacheItemNotFound);
  CHECK_EQ(write(1, {1, 2, 3}), result::kSuccess);
  CHECK_EQ(get(1), result::kSuccess);
  CHECK_EQ(read, (Bytes{1, 2, 3}));
  CHECK_EQ(get(0), result::kCacheItemStale);
  CHECK_EQ(get(1), result::kSuccess);
  CHECK_EQ(get(2), result::kCacheItemStale);
  CHECK_EQ(get(1), result::kCacheItemNotFound);
  CHECK_EQ(write(1, Bytes(17)), result::kCacheItemTooBig);
  CHECK_EQ(write(1, {9}), result::kSuccess);
  // All contexts share it.
  world.handle = world.context();
  CHECK_EQ(get(1), result::kSuccess);
}

TEST("metadata: bus, icon, device instance, transmit count, audit") {
  Windows world;
  world.manager.addReader({.name = "Slot 2",
                           .deviceInstanceId = "USB\\VID_1234&PID_5678\\1",
                           .channelId = 0x00400000,
                           .icon = {1, 2, 3}});
  const Chars slot = toChars("Slot 2");
  Dword type = 0;
  CHECK_EQ(world.code(world.api.getDeviceTypeId(world.handle, slot.c_str(), &type)),
           result::kSuccess);
  CHECK_EQ(type, 0x40U);
  Bytes icon(10);
  Dword length = 10;
  CHECK_EQ(world.code(world.api.getReaderIcon(world.handle, slot.c_str(), icon.data(), &length)),
           result::kSuccess);
  CHECK_EQ(length, 3U);
  CHECK_EQ(world.code(world.api.getReaderIcon(world.handle, toChars("Reader").c_str(), icon.data(),
                                              &length)),
           result::kUnsupportedFeatureWindows);
  const Chars id = toChars("USB\\VID_1234&PID_5678\\1");
  CHECK_EQ(world.names([&](vrm::Char* buffer, Dword* size) {
    return world.code(
        world.api.listReadersWithDeviceInstanceId(world.handle, id.c_str(), buffer, size));
  }),
           List{"Slot 2"});
  world.manager.insertCard("Reader", echoCard());
  const auto card = world.connect(world.handle, share::kShared, protocol::kT1);
  world.ping(card);
  world.ping(card);
  Dword count = 0;
  CHECK_EQ(world.code(world.api.getTransmitCount(card, &count)), result::kSuccess);
  CHECK_EQ(count, 2U);
  std::vector<std::uint32_t> events;
  world.manager.onAudit([&](std::uint32_t event) { events.push_back(event); });
  CHECK_EQ(world.code(world.api.audit(world.handle, 1)), result::kSuccess);
  CHECK_EQ(world.code(world.api.audit(world.handle, 2)), result::kInvalidParameter);
  CHECK_EQ(events, std::vector<std::uint32_t>{1});
}

TEST("calls that take a NULL context, and calls that do not") {
  Windows world;
  CHECK_EQ(world.list(0), List{"Reader"});
  Dword length = 0;
  CHECK_EQ(world.code(world.api.listCards(0, nullptr, nullptr, 0, nullptr, &length)),
           result::kSuccess);
  CHECK_EQ(world.code(world.api.forgetReader(0, toChars("Reader").c_str())),
           result::kInvalidHandle);
}

}  // namespace
}  // namespace scard::test
