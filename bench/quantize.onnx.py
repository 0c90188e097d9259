# ONNX Runtime's own dynamic quantisation, for comparison: quantize.onnx.py FROM TO
import sys
import time

from onnxruntime import __version__
from onnxruntime.quantization import QuantType, quantize_dynamic

start = time.perf_counter()
quantize_dynamic(sys.argv[1], sys.argv[2], per_channel=True, weight_type=QuantType.QInt8)
print('{"seconds": %f, "version": "%s"}' % (time.perf_counter() - start, __version__))
