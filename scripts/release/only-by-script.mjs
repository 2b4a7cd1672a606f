// What `npm publish` in a clone runs, and fails by: a clone has prebuilds that ship apart or were never
// driven, and lacks others.
console.error("Releases are made by scripts/release.mjs: node scripts/release.mjs --dry-run");
process.exitCode = 1;
