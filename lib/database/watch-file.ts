import { existsSync, watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";

/**
 * Calls back when a file may have changed, be it there or not, until it is closed. Does not keep the
 * process alive. A folder that is not there is waited for in the nearest one that is.
 */
export function watchFile(path: string, onNews: () => void): Pick<FSWatcher, "close"> {
  let watcher: FSWatcher | undefined;
  let watched = "";
  let closed = false;
  const arm = (): void => {
    const folder = nearestFolder(path);
    if (closed || (folder === watched && watcher !== undefined)) {
      return;
    }
    watcher?.close();
    watcher = undefined;
    watched = folder;
    try {
      watcher = watch(folder, { persistent: false }, () => {
        arm();
        onNews();
      });
      // The folder went: the next one up tells when it is back.
      watcher.on("error", () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // Not to be watched, for lack of rights or of room: changes are seen by the next call.
      watcher = undefined;
    }
  };
  arm();
  return {
    close: () => {
      closed = true;
      watcher?.close();
    },
  };
}

function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}
