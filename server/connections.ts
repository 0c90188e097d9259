import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of a server, at most so many. One too many takes the place of the one that has kept the server waiting
 * longest: idle, in its headers, or in its body. So connections that send nothing keep nobody out, from one address or from
 * many; a limit for each address would count all users of a proxy as one. Only if every connection is being answered is the
 * new one closed.
 */
export class Connections {
  readonly #most: number;
  /** What a connection asks now, or null; the one that moved longest ago first. */
  readonly #open = new Map<Socket, IncomingMessage | null>();

  constructor(server: Server, most: number) {
    this.#most = most;
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      const { socket } = asked;
      this.#move(socket, asked);
      answer.once('close', () => {
        if (this.#open.get(socket) === asked) this.#move(socket, null); // pipelined, the next one may be there already
      });
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Closes those that never asked anything: browsers open some in advance, and node counts those as busy. */
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
