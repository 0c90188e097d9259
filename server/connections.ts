import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of a server, up to a maximum. When one more arrives, the connection that has kept the server waiting
 * longest is closed: it is idle, in its headers, or in its body. So connections that send nothing cannot keep others
 * out, whether they come from one address or from many. A limit for each address would count all users of a proxy as
 * one. Only if every connection is being answered is the new one closed.
 */
export class Connections {
  readonly #most: number;
  /**
   * The request that each connection sends now, or null. The connection that has sent nothing for longest comes first.
   */
  readonly #open = new Map<Socket, IncomingMessage | null>();

  constructor(server: Server, most: number) {
    this.#most = most;
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      const { socket } = asked;
      this.#move(socket, asked);
      answer.once('close', () => {
        if (this.#open.get(socket) === asked) this.#move(socket, null); // pipelined: the next may be there already
      });
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Closes connections that never sent a request: browsers open some in advance, and node counts those as busy. */
  closeUnused(): void {
    for (const socket of this.#open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  #opened(socket: Socket): void {
    if (this.#open.size >= this.#most && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    this.#open.set(socket, null);
    socket.once('close', () => this.#open.delete(socket));
  }

  #makeRoom(): boolean {
    for (const [socket, asked] of this.#open)
      if (!asked?.complete) {
        this.#open.delete(socket);
        socket.destroy();
        return true;
      }
    return false;
  }

  #move(socket: Socket, asked: IncomingMessage | null): void {
    if (!this.#open.delete(socket)) return;
    this.#open.set(socket, asked);
  }
}
