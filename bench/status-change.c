// The raw C side of tracking-latency.bench.ts: waits on one reader with SCardGetStatusChange alone
// and prints the time (CLOCK_MONOTONIC, ns) of each change and whether a card is in.
//   status-change READER
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// pcsclite's ABI on Linux, as in native/platform/abi_linux.h; no header need be installed.
typedef struct {
  const char *reader;
  void *userData;
  unsigned long currentState;
  unsigned long eventState;
  unsigned long atrLength;
  unsigned char atr[33];
} ReaderState;

long SCardEstablishContext(unsigned long scope, const void *, const void *, long *context);
long SCardGetStatusChange(long context, unsigned long timeout, ReaderState *, unsigned long);

int main(int argc, char **argv) {
  long context = 0;
  if (argc < 2 || SCardEstablishContext(2, NULL, NULL, &context) != 0) return 1;
  ReaderState state;
  memset(&state, 0, sizeof state);
  state.reader = argv[1];
  for (;;) {
    if (SCardGetStatusChange(context, 0xFFFFFFFF, &state, 1) != 0) return 1;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long long time = (long long)now.tv_sec * 1000000000 + now.tv_nsec;
    printf("%lld %d\n", time, (state.eventState & 0x20) != 0);
    fflush(stdout);
    state.currentState = state.eventState & ~2UL;
  }
}
