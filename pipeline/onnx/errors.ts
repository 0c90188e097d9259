import { PawlError } from '../../events/errors.ts';

/** A model that no single ONNX file can hold. */
export class ModelTooLargeError extends PawlError {
  readonly code = 'model_too_large';

  constructor(bytes: number) {
    super(
      `the model has ${(bytes / 2 ** 30).toFixed(1)} GiB of parameters, and an ONNX file ends before 2 GiB: take a smaller encoder, or one with a smaller vocabulary`,
    );
  }
}

/** Quantizing would not make the graph smaller or faster. */
export class NothingToQuantizeError extends PawlError {
  readonly code = 'nothing_to_quantise';
}

/** The file is no ONNX model, or cannot be read as one. */
export class NotOnnxError extends PawlError {
  readonly code = 'not_onnx';
}
