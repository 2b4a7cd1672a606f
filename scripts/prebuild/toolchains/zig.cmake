# zig, for checking alone (scripts/prebuild/check-build.mjs): what it makes is never shipped.
# SCARD_ZIG is a directory with a c++ that knows its target, SCARD_ZIG_SYSTEM CMake's name of it.
set(CMAKE_SYSTEM_NAME $ENV{SCARD_ZIG_SYSTEM})
set(CMAKE_SYSTEM_PROCESSOR $ENV{SCARD_ZIG_PROCESSOR})
set(CMAKE_CXX_COMPILER $ENV{SCARD_ZIG}/c++)
set(CMAKE_AR $ENV{SCARD_ZIG}/ar)
set(CMAKE_RANLIB $ENV{SCARD_ZIG}/ranlib)
set(CMAKE_RC_COMPILER $ENV{SCARD_ZIG}/rc)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# zig looks after both itself.
set(CMAKE_OSX_SYSROOT "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "")
