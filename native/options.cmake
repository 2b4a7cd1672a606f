# Warnings, sanitizers and linking rules, as functions that targets ask for by name.

# Strict warnings for our own code; third-party headers come in as SYSTEM.
function(scard_warnings target)
  if(MSVC)
    # 4324: padding is what alignas is there for.
    target_compile_options(${target} PRIVATE /W4 /wd4324 /permissive- $<$<BOOL:${SCARD_WERROR}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${SCARD_WERROR}>:-Werror>)
  endif()
endfunction()

# SCARD_SANITIZE for compiling and linking; a finding ends the program.
function(scard_sanitize target)
  if(SCARD_SANITIZE)
    target_compile_options(${target} PUBLIC
      -fsanitize=${SCARD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_link_options(${target} PUBLIC -fsanitize=${SCARD_SANITIZE})
  endif()
endfunction()

# Compiles a target's files by the dozen, unless SCARD_UNITY is off (clang-tidy looks at single files).
function(scard_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SCARD_UNITY} UNITY_BUILD_BATCH_SIZE 12)
endfunction()

# What no APDU to a card waits for is built for size: a fifth of the addon, at no cost in time.
function(scard_for_size target)
  if(MSVC)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:/O1>)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
endfunction()

# The files of such a target that an APDU does wait for.
function(scard_for_speed)
  set(flag $<IF:$<CXX_COMPILER_ID:MSVC>,/O2,-O3>)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:${flag}>)
endfunction()
