// Import before anything that calls scard: the addon lies beside the bundle.
import { join } from "node:path";

process.env["SCARD_ADDON"] ??= join(__dirname, "scard.node");
