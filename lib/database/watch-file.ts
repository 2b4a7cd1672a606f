import { existsSync, realpathSync, watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";

/**
 * Calls back when a file may have changed, be it there or not, until it is closed. Does not keep the
 * process alive. A folder that is not there is waited for in the nearest one that is; a link is
 * watched together with the file that it leads to.
 */
export function watchFile(path: string, onNews: () => void): Pick<FSWatcher, "close"> {
  const watchers = new Map<string, FSWatcher>();
  let closed = false;
  const drop = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  const arm = (): void => {
    const folders = closed ? new Set<string>() : foldersOf(path);
    for (const folder of [...watchers.keys()].filter((known) => !folders.has(known))) {
      drop(folder);
    }
    for (const folder of [...folders].filter((wanted) => !watchers.has(wanted))) {
      try {
        const watcher = watch(folder, { persistent: false }, () => {
          arm();
          onNews();
        });
        watchers.set(folder, watcher);
        // The folder went: the next one up tells when it is back.
        watcher.on("error", () => {
          drop(folder);
        });
      } catch {
        // Not to be watched, for lack of rights or of room: changes are seen by the next call.
      }
    }
  };
  arm();
  return {
    close: () => {
      closed = true;
      arm();
    },
  };
}

function foldersOf(path: string): Set<string> {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  const folders = new Set([folder]);
  try {
    folders.add(dirname(realpathSync(path)));
  } catch {
    // No file there, or a link that leads nowhere.
  }
  return folders;
}
