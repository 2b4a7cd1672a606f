# Symbols that the linker sends to native/platform/glibc_floor_linux.cc, so that the addon loads
# where Node does: glibc 2.28, libstdc++ of GCC 8.
include(CheckCXXSourceCompiles)

function(scard_glibc_floor target)
  # Nothing of it is in musl, nor on processors without a prebuild, where the linker would look for the
  # replacements in vain.
  check_cxx_source_compiles("#include <cstddef>
    #if !defined(__GLIBC__) || !(defined(__x86_64__) || defined(__aarch64__) || defined(__arm__))
    #error
    #endif
    int main() { return 0; }" SCARD_HAS_GLIBC_FLOOR)
  if(NOT SCARD_HAS_GLIBC_FLOOR)
    return()
  endif()
  foreach(symbol
      dlopen dlsym dlerror dladdr
      pthread_mutex_trylock pthread_rwlock_rdlock pthread_rwlock_unlock
      pthread_cond_clockwait pthread_rwlock_clockwrlock
      __libc_single_threaded
      _ZSt28__throw_bad_array_new_lengthv
      _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE)
    target_link_options(${target} PRIVATE -Wl,--wrap=${symbol})
  endforeach()
endfunction()
