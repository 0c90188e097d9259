import { type WasmMemory, webAssembly } from './webassembly.ts';

const PAGE = 65_536;
const MOST_PAGES = 65_536;
/** Vectors of four floats are loaded at once, so addresses are aligned. */
const ALIGNMENT = 16;

/**
 * Memory that all threads see. It is handed out once and never taken back. If there is WebAssembly, all of it is in one
 * of its memories, so that kernels reach it; else each piece is a buffer of its own.
 */
export class SharedMemory {
  /** Null without WebAssembly. */
  readonly wasm: WasmMemory | null;
  #used = ALIGNMENT; // so that no address is 0

  /** @param inWasm whether it shall be in WebAssembly's memory */
  constructor(inWasm: boolean) {
    this.wasm =
      inWasm && webAssembly ? new webAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true }) : null;
  }

  ints(length: number): Int32Array {
    const [buffer, at] = this.#take(4 * length);
    return new Int32Array(buffer, at, length);
  }

  floats(length: number): Float32Array {
    const [buffer, at] = this.#take(4 * length);
    return new Float32Array(buffer, at, length);
  }

  /** @throws {RangeError} beyond 4 GiB, or what the machine gives */
  #take(bytes: number): [SharedArrayBuffer, number] {
    if (this.wasm === null) return [new SharedArrayBuffer(bytes), 0];
    const at = this.#used;
    this.#used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const has = this.wasm.buffer.byteLength / PAGE;
    const needs = Math.ceil(this.#used / PAGE);
    if (needs > MOST_PAGES) throw new RangeError(TOO_MUCH);
    if (needs > has) this.wasm.grow(needs - has);
    return [this.wasm.buffer, at];
  }
}

const TOO_MUCH =
  'the n-gram vectors need more than 4 GiB: raise training.config.vectorCount, or lower order or dimensions';
