/**
 * Operators that a candidate's graph may use, as ONNX defines them: those that exporters write for transformers,
 * recurrent and convolutional networks, embedding bags, linear models and their quantized forms.
 *
 * Left out on purpose: control flow (`If`, `Loop`, `Scan`, `SequenceMap`), because its time cannot be bounded;
 * randomness and `Dropout`, because a second judgement must give the same verdict; sequences, maps, optionals and
 * strings, because a graph takes numbers and gives probabilities; images, audio and losses, because this registry is
 * for text.
 */
const STANDARD = `
  Abs Add And ArgMax ArgMin Attention AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Concat Constant
  ConstantOfShape Conv ConvInteger Cos CumSum DequantizeLinear Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp
  Expand Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater
  GreaterOrEqual GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LSTM
  LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul MatMulInteger Max MaxPool Mean
  Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization
  RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
  ReduceSum ReduceSumSquare Relu Reshape ReverseSequence RotaryEmbedding Round ScatterElements ScatterND Selu Shape
  Sigmoid Sign Sin Size Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Swish Tanh Tile TopK Transpose
  Trilu Unsqueeze Where Xor`;

/** Linear models as scikit-learn's exporters write them. */
const CLASSIC = 'ArrayFeatureExtractor Binarizer FeatureVectorizer LinearClassifier LinearRegressor Normalizer Scaler';

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Allowed operators by domain; `''` and `ai.onnx` are one domain. No other domain, and so no custom operator, is allowed. */
export const OPERATORS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['', words(STANDARD)],
  ['ai.onnx.ml', words(CLASSIC)],
]);

/** Newest operator sets and file format that the runtime understands (ONNX Runtime 1.30). */
export const NEWEST_OPSET: ReadonlyMap<string, number> = new Map([
  ['', 26],
  ['ai.onnx.ml', 5],
]);
export const NEWEST_IR = 13;

/** Which input of an operator is a shape (or a count) that decides how much memory its output takes. */
export const SHAPE_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['ConstantOfShape', [0]],
  ['Expand', [1]],
  ['Tile', [1]],
  ['OneHot', [1]],
  ['Range', [0, 1]],
]);
