// The winscard half of `Context`: what pcsclite lacks.
#include <utility>

#include "binding/context_wrap.h"
#include "binding/convert.h"
#include "binding/wrap.h"
#include "core/card_cache.h"
#include "core/card_types.h"
#include "core/locate.h"
#include "core/reader_groups.h"
#include "core/reader_info.h"

namespace scard::binding {

std::vector<napi_property_descriptor> ContextWrap::databaseMethods() {
  using W = ContextWrap;
  return {method<W, &W::introduceCardType>("introduceCardType"),
          method<W, &W::forgetCardType>("forgetCardType"),
          method<W, &W::listCards>("listCards"),
          method<W, &W::listInterfaces>("listInterfaces"),
          method<W, &W::getProviderId>("getProviderId"),
          method<W, &W::getCardTypeProviderName>("getCardTypeProviderName"),
          method<W, &W::setCardTypeProviderName>("setCardTypeProviderName"),
          method<W, &W::introduceReader>("introduceReader"),
          method<W, &W::forgetReader>("forgetReader"),
          method<W, &W::introduceReaderGroup>("introduceReaderGroup"),
          method<W, &W::forgetReaderGroup>("forgetReaderGroup"),
          method<W, &W::addReaderToGroup>("addReaderToGroup"),
          method<W, &W::removeReaderFromGroup>("removeReaderFromGroup"),
          method<W, &W::locateCards>("locateCards"),
          method<W, &W::locateCardsByAtr>("locateCardsByAtr"),
          method<W, &W::getDeviceTypeId>("getDeviceTypeId"),
          method<W, &W::getReaderIcon>("getReaderIcon"),
          method<W, &W::getReaderDeviceInstanceId>("getReaderDeviceInstanceId"),
          method<W, &W::listReadersWithDeviceInstanceId>("listReadersWithDeviceInstanceId"),
          method<W, &W::readCache>("readCache"),
          method<W, &W::writeCache>("writeCache"),
          method<W, &W::audit>("audit")};
}

Napi::Value ContextWrap::begin(const char* call, std::function<Outcome(const PcscContext&)> body) {
  const auto operation = host_->begin(call);
  session_->call(std::move(body), operation);
  return host_->id(*operation);
}

Napi::Value ContextWrap::introduceCardType(const Napi::CallbackInfo& info) {
  CardTypeRecord type{toString(info, 0), toOptionalGuid(info, 1), toGuids(info, 2),
                      toOptionalBytes(info, 3), toOptionalBytes(info, 4)};
  if (!type.mask.empty() && type.mask.size() != type.atr.size()) {
    throw Napi::TypeError::New(info.Env(), "atr and mask must be of one length");
  }
  return begin("SCardIntroduceCardType", [type = std::move(type)](const PcscContext& context) {
    return toOutcome(scard::introduceCardType(context, type));
  });
}

Napi::Value ContextWrap::listCards(const Napi::CallbackInfo& info) {
  return begin("SCardListCards", [atr = toOptionalBytes(info, 0),
                                  interfaces = toGuids(info, 1)](const PcscContext& context) {
    return toOutcome(scard::listCards(context, atr, interfaces));
  });
}

Napi::Value ContextWrap::getCardTypeProviderName(const Napi::CallbackInfo& info) {
  return begin("SCardGetCardTypeProviderName",
               [name = toString(info, 0), id = toUint32(info, 1)](const PcscContext& context) {
                 return toOutcome(getProviderName(context, name, id));
               });
}

Napi::Value ContextWrap::setCardTypeProviderName(const Napi::CallbackInfo& info) {
  return begin("SCardSetCardTypeProviderName",
               [name = toString(info, 0), id = toUint32(info, 1),
                value = toString(info, 2)](const PcscContext& context) {
                 return toOutcome(setProviderName(context, name, id, value));
               });
}

Napi::Value ContextWrap::forgetCardType(const Napi::CallbackInfo& info) {
  return begin("SCardForgetCardType", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::forgetCardType(context, name));
  });
}

Napi::Value ContextWrap::listInterfaces(const Napi::CallbackInfo& info) {
  return begin("SCardListInterfaces", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::listInterfaces(context, name));
  });
}

Napi::Value ContextWrap::getProviderId(const Napi::CallbackInfo& info) {
  return begin("SCardGetProviderId", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::getProviderId(context, name));
  });
}

Napi::Value ContextWrap::forgetReader(const Napi::CallbackInfo& info) {
  return begin("SCardForgetReader", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::forgetReader(context, name));
  });
}

Napi::Value ContextWrap::introduceReaderGroup(const Napi::CallbackInfo& info) {
  return begin("SCardIntroduceReaderGroup", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::introduceReaderGroup(context, name));
  });
}

Napi::Value ContextWrap::forgetReaderGroup(const Napi::CallbackInfo& info) {
  return begin("SCardForgetReaderGroup", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::forgetReaderGroup(context, name));
  });
}

Napi::Value ContextWrap::getDeviceTypeId(const Napi::CallbackInfo& info) {
  return begin("SCardGetDeviceTypeId", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::getDeviceTypeId(context, name));
  });
}

Napi::Value ContextWrap::getReaderIcon(const Napi::CallbackInfo& info) {
  return begin("SCardGetReaderIcon", [name = toString(info, 0)](const PcscContext& context) {
    return toOutcome(scard::getReaderIcon(context, name));
  });
}

Napi::Value ContextWrap::getReaderDeviceInstanceId(const Napi::CallbackInfo& info) {
  return begin("SCardGetReaderDeviceInstanceId",
               [name = toString(info, 0)](const PcscContext& context) {
                 return toOutcome(scard::getReaderDeviceInstanceId(context, name));
               });
}

Napi::Value ContextWrap::listReadersWithDeviceInstanceId(const Napi::CallbackInfo& info) {
  return begin("SCardListReadersWithDeviceInstanceId",
               [name = toString(info, 0)](const PcscContext& context) {
                 return toOutcome(scard::listReadersWithDeviceInstanceId(context, name));
               });
}

Napi::Value ContextWrap::introduceReader(const Napi::CallbackInfo& info) {
  return begin("SCardIntroduceReader", [reader = toString(info, 0),
                                        device = toString(info, 1)](const PcscContext& context) {
    return toOutcome(scard::introduceReader(context, reader, device));
  });
}

Napi::Value ContextWrap::addReaderToGroup(const Napi::CallbackInfo& info) {
  return begin("SCardAddReaderToGroup",
               [reader = toString(info, 0), group = toString(info, 1)](const PcscContext& context) {
                 return toOutcome(scard::addReaderToGroup(context, reader, group));
               });
}

Napi::Value ContextWrap::removeReaderFromGroup(const Napi::CallbackInfo& info) {
  return begin("SCardRemoveReaderFromGroup",
               [reader = toString(info, 0), group = toString(info, 1)](const PcscContext& context) {
                 return toOutcome(scard::removeReaderFromGroup(context, reader, group));
               });
}

Napi::Value ContextWrap::locateCards(const Napi::CallbackInfo& info) {
  return begin("SCardLocateCards", [names = toStrings(info, 0), readers = toReaderQueries(info, 1)](
                                       const PcscContext& context) {
    return toOutcome(scard::locateCards(context, names, readers));
  });
}

Napi::Value ContextWrap::locateCardsByAtr(const Napi::CallbackInfo& info) {
  auto atrs = toByteArrays(info, 0);
  auto masks = toByteArrays(info, 1);
  if (atrs.size() != masks.size()) {
    throw Napi::TypeError::New(info.Env(), "atrs and masks must be of one length");
  }
  std::vector<AtrMaskQuery> patterns;
  for (std::size_t i = 0; i < atrs.size(); ++i) {
    patterns.push_back({std::move(atrs[i]), std::move(masks[i])});
  }
  return begin("SCardLocateCardsByATR",
               [patterns = std::move(patterns),
                readers = toReaderQueries(info, 2)](const PcscContext& context) {
                 return toOutcome(scard::locateCardsByAtr(context, patterns, readers));
               });
}

Napi::Value ContextWrap::readCache(const Napi::CallbackInfo& info) {
  return begin("SCardReadCache", [key = CacheKey{toGuid(info, 0), toUint32(info, 1),
                                                 toString(info, 2)}](const PcscContext& context) {
    return toOutcome(scard::readCache(context, key));
  });
}

Napi::Value ContextWrap::writeCache(const Napi::CallbackInfo& info) {
  return begin("SCardWriteCache",
               [key = CacheKey{toGuid(info, 0), toUint32(info, 1), toString(info, 2)},
                data = toBytes(info, 3)](const PcscContext& context) {
                 return toOutcome(scard::writeCache(context, key, data));
               });
}

Napi::Value ContextWrap::audit(const Napi::CallbackInfo& info) {
  return begin("SCardAudit", [event = toUint32(info, 0)](const PcscContext& context) {
    return toOutcome(scard::audit(context, event));
  });
}

}  // namespace scard::binding
