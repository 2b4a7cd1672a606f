// Those who hear of changes of a database do no harm to it, nor to one another.
import { describe, expect, it, vi } from "vitest";

import { ChangeListeners } from "../../../lib/database/change-listeners.js";

describe("listeners for changes", () => {
  it("are all told although one throws, which the process is told of afterwards", () => {
    const listeners = new ChangeListeners();
    const told: string[] = [];
    listeners.add(() => {
      told.push("first");
      throw new Error("Broken listener");
    });
    listeners.add(() => told.push("second"));
    const later: (() => void)[] = [];
    const nextTick = vi.spyOn(process, "nextTick").mockImplementation((callback) => {
      later.push(callback as () => void);
    });
    try {
      listeners.tell();
    } finally {
      nextTick.mockRestore();
    }
    expect(told).toEqual(["first", "second"]);
    expect(later).toHaveLength(1);
    expect(later[0]).toThrow("Broken listener");
  });

  it("are told once for each time they were added, until they go", () => {
    const listeners = new ChangeListeners();
    let told = 0;
    const listener = (): void => {
      told += 1;
    };
    const removes = [listeners.add(listener), listeners.add(listener)];
    listeners.tell();
    expect([told, listeners.size]).toEqual([2, 2]);
    removes[0]?.();
    removes[0]?.();
    listeners.tell();
    expect([told, listeners.size]).toEqual([3, 1]);
  });
});
