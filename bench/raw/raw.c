// The C side of the benchmarks: a loop over SCardTransmit, timed in C. Speaks the contenders'
// protocol (bench/contenders/child.mjs): one order a line on standard input, one answer a line.
//   raw READERS    connects to the cards of so many readers
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// pcsclite's ABI on Linux, as in native/platform/abi_linux.h; no header need be installed.
typedef struct {
  unsigned long protocol;
  unsigned long length;
} IoRequest;

typedef struct {
  const char* reader;
  void* userData;
  unsigned long currentState;
  unsigned long eventState;
  unsigned long atrLength;
  unsigned char atr[33];
} ReaderState;

long SCardEstablishContext(unsigned long scope, const void*, const void*, long* context);
long SCardListReaders(long context, const char* groups, char* readers, unsigned long* length);
long SCardConnect(long context, const char* reader, unsigned long share, unsigned long protocols,
                  long* card, unsigned long* protocol);
long SCardTransmit(long card, const IoRequest* sendPci, const unsigned char* command,
                   unsigned long commandLength, IoRequest* receivePci, unsigned char* response,
                   unsigned long* responseLength);
long SCardGetStatusChange(long context, unsigned long timeout, ReaderState*, unsigned long);

enum { kMostReaders = 64, kMostCommand = 1024, kRoom = 65538 };

typedef struct {
  long context;
  long handle;
  unsigned long protocol;
  // What one run does, and what became of it.
  const unsigned char* command;
  unsigned long commandLength;
  unsigned long expected;
  long count;
  int failed;
} Card;

static Card cards[kMostReaders];
static unsigned long cardCount;
static const char* firstReader;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// A context each, as one who wants speed over several readers does: pcsclite's client locks it.
static int openCards(unsigned long wanted) {
  static char names[65536];
  unsigned long length = sizeof names;
  long context = 0;
  if (SCardEstablishContext(2, NULL, NULL, &context) != 0) return 0;
  if (SCardListReaders(context, NULL, names, &length) != 0) return 0;
  firstReader = names;
  for (const char* name = names; *name != '\0' && cardCount < wanted; name += strlen(name) + 1) {
    Card* card = &cards[cardCount];
    if (SCardEstablishContext(2, NULL, NULL, &card->context) != 0) return 0;
    if (SCardConnect(card->context, name, 2, 3, &card->handle, &card->protocol) != 0) return 0;
    ++cardCount;
  }
  return cardCount == wanted;
}

static void* loop(void* argument) {
  Card* card = argument;
  const IoRequest send = {card->protocol, sizeof(IoRequest)};
  unsigned char* response = malloc(kRoom);
  card->failed = response == NULL;
  for (long i = 0; i < card->count && !card->failed; ++i) {
    unsigned long length = kRoom;
    if (SCardTransmit(card->handle, &send, card->command, card->commandLength, NULL, response,
                      &length) != 0 ||
        length != card->expected || response[length - 2] != 0x90)
      card->failed = 1;
  }
  free(response);
  return NULL;
}

static void runLoops(unsigned long readers) {
  pthread_t threads[kMostReaders];
  const int64_t start = now();
  if (readers == 1) {
    loop(&cards[0]);
  } else {
    for (unsigned long i = 0; i < readers; ++i) pthread_create(&threads[i], NULL, loop, &cards[i]);
    for (unsigned long i = 0; i < readers; ++i) pthread_join(threads[i], NULL);
  }
  const int64_t end = now();
  int failed = 0;
  for (unsigned long i = 0; i < readers; ++i) failed |= cards[i].failed;
  if (failed) {
    printf("error wrong answer\n");
  } else {
    printf("ok ns=%lld\n", (long long)(end - start));
  }
}

// Waits for insertions in the first reader; SCARD_STANDIN_TOGGLE_FILE says when each was made.
static void insertions(long count) {
  const char* path = getenv("SCARD_STANDIN_TOGGLE_FILE");
  ReaderState state;
  long context = 0;
  memset(&state, 0, sizeof state);
  state.reader = firstReader;
  SCardEstablishContext(2, NULL, NULL, &context);
  printf("ok values=");
  for (long found = -1; found < count;) {
    if (SCardGetStatusChange(context, 0xFFFFFFFF, &state, 1) != 0) break;
    const int64_t seen = now();
    const int first = state.currentState == 0;
    state.currentState = state.eventState & ~2UL;
    if (first || (state.eventState & 0x20) == 0) continue;
    int64_t made = 0;
    FILE* file = fopen(path == NULL ? "" : path, "rb");
    if (file == NULL) break;
    const size_t read = fread(&made, sizeof made, 1, file);
    fclose(file);
    if (read != 1) break;
    // The first is on the way already.
    if (++found > 0) printf("%s%lld", found > 1 ? "," : "", (long long)(seen - made));
  }
  printf("\n");
}

static unsigned long field(const char* line, const char* name, unsigned long otherwise) {
  const char* at = strstr(line, name);
  return at == NULL ? otherwise : strtoul(at + strlen(name), NULL, 10);
}

static unsigned long parseCommand(const char* line, unsigned char* command) {
  const char* at = strstr(line, " command=");
  unsigned long length = 0;
  if (at == NULL) return 0;
  for (at += 9; length < kMostCommand; at += 2) {
    unsigned value = 0;
    if (sscanf(at, "%2x", &value) != 1) break;
    command[length++] = (unsigned char)value;
    if (at[1] == '\0' || at[2] == '\0' || at[2] == ' ' || at[2] == '\n') break;
  }
  return length;
}

static void obey(const char* line) {
  static unsigned char command[kMostCommand];
  const long count = (long)field(line, " n=", 1);
  if (strncmp(line, "insertions ", 11) == 0) {
    insertions(count);
    return;
  }
  // However a client goes about it, C does the same.
  static const char* const kinds[] = {"awaited ", "flight ", "sync ",
                                      "into ",    "script ", "readers "};
  int known = 0;
  for (unsigned long i = 0; i < sizeof kinds / sizeof *kinds; ++i)
    known |= strncmp(line, kinds[i], strlen(kinds[i])) == 0;
  const unsigned long length = parseCommand(line, command);
  if (!known || length < 4) {
    printf("absent nothing to compare in C\n");
    return;
  }
  const unsigned long readers = field(line, " count=", 1);
  if (readers < 1 || readers > cardCount) {
    printf("absent only %lu readers\n", cardCount);
    return;
  }
  for (unsigned long i = 0; i < readers; ++i) {
    cards[i].command = command;
    cards[i].commandLength = length;
    cards[i].expected = field(line, " length=", 2);
    cards[i].count = count;
  }
  runLoops(readers);
}

int main(int argc, char** argv) {
  const unsigned long readers = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  if (readers > kMostReaders || !openCards(readers)) {
    printf("error the cards cannot be connected\n");
    return 1;
  }
  printf("ready readers=%lu\n", cardCount);
  fflush(stdout);
  static char line[4096];
  while (fgets(line, sizeof line, stdin) != NULL) {
    obey(line);
    fflush(stdout);
  }
  return 0;
}
