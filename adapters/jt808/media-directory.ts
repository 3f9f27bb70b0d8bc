// Files that terminals sent, in one directory: a folder for each device, names of our own making, written beside their
// place and moved there when they are whole. Bounded for each file and for all together. What goes wrong is a value and a
// line in the log: a full disk must not end a link.

import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Log } from "../../core/index.ts";
import type { MultimediaOptions } from "./uplink-config.ts";

const NAME_MAX = 80;

/** Letters, digits, `.`, `-`, `_`; no dot in front, and not without end. */
export function safeName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_");
  return safe === "" ? "_" : safe.slice(-NAME_MAX);
}

export class MediaDirectory {
  readonly #options: MultimediaOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  #count: number;
  /** Bytes of all files, ours and those that were there; null until it was looked at. */
  #used: Promise<number> | null;
  #added: number;

  constructor(options: MultimediaOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#count = 0;
    this.#used = null;
    this.#added = 0;
  }

  get fileMaxBytes(): number {
    return this.#options.maxBytes;
  }

  /** Path within the directory; null: it could not be written, and the log says why. */
  async write(device: string, name: string, bytes: Uint8Array): Promise<string | null> {
    const file = await this.create(device, name, bytes.length);
    if (file === null) return null;
    if (!(await file.write(bytes, 0))) {
      await file.discard();
      return null;
    }
    return file.finish();
  }

  /** A file of `size` bytes to be written in pieces; null: it cannot be, and the log says why. */
  async create(device: string, name: string, size: number): Promise<PartFile | null> {
    if (size > this.#options.maxBytes) return this.failed(`larger than ${this.#options.maxBytes} bytes`, device, name);
    this.#added += size;
    try {
      if ((await this.#usedBytes()) + this.#added > this.#options.directoryMaxBytes)
        throw new Error("directory is full");
      const folder = safeName(device);
      await mkdir(join(this.#options.directory, folder), { recursive: true });
      const path = join(folder, `${this.#stamp()}-${safeName(name)}`);
      const handle = await open(this.#whole(`${path}.part`), "wx");
      return new PartFile(this, handle, path, size);
    } catch (error) {
      this.#added -= size;
      return this.failed(String(error), device, name);
    }
  }

  /** A file that nobody was told of. */
  async remove(path: string, size: number): Promise<void> {
    this.#added -= size;
    await rm(this.#whole(path), { force: true }).catch((error: unknown) => this.failed(String(error), "", path));
  }

  async moveToPlace(path: string): Promise<void> {
    await rename(this.#whole(`${path}.part`), this.#whole(path));
  }

  failed(reason: string, device: string, name: string): null {
    this.#log.warn({ device, file: name, reason }, "a file of a terminal was not written");
    return null;
  }

  /** Tells files of one name apart, and sorts by time. */
  #stamp(): string {
    const time = new Date(this.#clock.now()).toISOString().replaceAll(/[-:.]/g, "");
    return `${time}-${(this.#count++).toString(36)}`;
  }

  #whole(path: string): string {
    return join(this.#options.directory, path);
  }

  #usedBytes(): Promise<number> {
    this.#used ??= bytesBelow(this.#options.directory);
    return this.#used;
  }
}

/** A file under way. Its methods may be called side by side; `finish` and `discard` end it. */
export class PartFile {
  readonly path: string;
  readonly size: number;
  readonly #directory: MediaDirectory;
  readonly #handle: FileHandle;

  constructor(directory: MediaDirectory, handle: FileHandle, path: string, size: number) {
    this.path = path;
    this.size = size;
    this.#directory = directory;
    this.#handle = handle;
  }

  /** False: it failed, and the log says why. */
  async write(bytes: Uint8Array, offset: number): Promise<boolean> {
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, offset + at);
        at += bytesWritten;
      }
      return true;
    } catch (error) {
      this.#directory.failed(String(error), "", this.path);
      return false;
    }
  }

  /** On the disk, and in its place: its path within the directory; null: it failed, and the log says why. */
  async finish(): Promise<string | null> {
    try {
      await this.#handle.datasync();
      await this.#handle.close();
      await this.#directory.moveToPlace(this.path);
      return this.path;
    } catch (error) {
      await this.discard();
      return this.#directory.failed(String(error), "", this.path);
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await this.#directory.remove(`${this.path}.part`, this.size);
  }
}

async function bytesBelow(directory: string): Promise<number> {
  let sum = 0;
  await mkdir(directory, { recursive: true });
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => null);
    sum += found?.size ?? 0;
  }
  return sum;
}
