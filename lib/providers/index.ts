// The public surface of interfaces and service providers.
export { type CardInterface, defineInterface, type ServiceOf } from "./card-interface.js";
export type { OpenCardOptions } from "./open-card.js";
export { OpenedCard } from "./opened-card.js";
export { ProviderError, type ProviderErrorCode } from "./provider-error.js";
export type { AllowProviderModules, ImportModule } from "./provider-modules.js";
export {
  defineServiceProvider,
  type OpenInfo,
  type RegisterOptions,
  registerServiceProvider,
  type Registration,
  type ServiceOfAll,
  type ServiceProvider,
} from "./service-provider.js";
export {
  type ApplicationEntry,
  type AuthenticationOptions,
  type CardAuthentication,
  type CardFileAccess,
  type CardLock,
  type CardManagement,
  cardManagement,
  type CardVerification,
  type DirectoryReference,
  type FileCapabilities,
  type FileEntry,
  type FileReference,
  type OpenBinaryFile,
  type OpenRecordFile,
  type SeekOrigin,
  type VerificationOptions,
} from "./roles/interfaces.js";
export { IsoCardManagement } from "./roles/management.js";
export { DirectoryError } from "./roles/directory-error.js";
