// A link that may carry attachments: blocks of files are taken out of the stream, and what is left is a link as any other.

import { AttachmentStream, BlockPiece } from "jt808-parser";
import type { Peer } from "../../core/index.ts";
import type { StreamConnection, Wire } from "../../net/stream.ts";
import { Attachments } from "./attachments.ts";
import { Jt808Connection } from "./connection.ts";
import type { ListenerContext } from "./context.ts";
import { LinkFault } from "./faults.ts";
import type { MediaDirectory } from "./media-directory.ts";

const NOTHING = new Uint8Array(0);

export class AttachmentConnection implements StreamConnection {
  readonly #link: Jt808Connection;
  readonly #stream: AttachmentStream;
  readonly #attachments: Attachments;
  #isClosed: boolean;

  constructor(context: ListenerContext, wire: Wire, peer: Peer, directory: MediaDirectory) {
    this.#stream = new AttachmentStream();
    this.#attachments = new Attachments(directory);
    this.#link = new Jt808Connection(context, wire, peer, null, this.#attachments);
    this.#attachments.attach(this.#link);
    this.#isClosed = false;
  }

  onBytes(chunk: Uint8Array): void {
    this.#stream.push(chunk);
    while (!this.#isClosed) {
      const next = this.#stream.next();
      if (next === null) return;
      if (!(next instanceof BlockPiece)) {
        this.#link.onBytes(next);
        continue;
      }
      // It has been heard, though there is no frame in it.
      this.#link.onBytes(NOTHING);
      if (!this.#attachments.onPiece(next)) this.#link.onFault(LinkFault.File);
    }
  }

  onWritable(): void {
    this.#link.onWritable();
  }

  onClosed(): void {
    this.#isClosed = true;
    this.#link.onClosed();
    this.#attachments.close();
  }

  onStopping(): void {
    this.#link.onStopping();
  }
}
