/** The part of WebAssembly's interface that is used. TypeScript has it only among the browser's types. */
export type WasmMemory = { readonly buffer: SharedArrayBuffer; grow(pages: number): number };

type Exports = Readonly<Record<string, (...args: number[]) => number>>;
type Api = {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
};

/** Undefined in a process that may not compile, such as one started with `--jitless`. */
export const webAssembly = (globalThis as { WebAssembly?: Api }).WebAssembly;
