"""ONNX Runtime. For int8, dynamic and static quantisation of the linears alone and of everything."""
import onnxruntime
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic,
                                      quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

from peers.job import Job, calibration_frames, has_vnni

LINEARS = ["MatMul", "Gemm"]


class Calibration(CalibrationDataReader):
    def __init__(self, job: Job):
        self.frames = iter(calibration_frames(job))

    def get_next(self):
        batch = next(self.frames, None)
        return None if batch is None else {"frames": batch}


def open_model(path: str, threads: int):
    """A function from frames to logits. The threads spin between the operations of a pass, as is the default,
    and sleep between passes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda frames: session.run(None, {"frames": frames})[0]


def quantise_dynamic(job: Job, source: str, target: str, operators: list[str] | None):
    quantize_dynamic(source, target, op_types_to_quantize=operators, per_channel=True,
                     reduce_range=not has_vnni(), weight_type=QuantType.QInt8)


def quantise_static(job: Job, source: str, target: str, operators: list[str] | None):
    quantize_static(source, target, Calibration(job), quant_format=QuantFormat.QDQ, per_channel=True,
                    op_types_to_quantize=operators, reduce_range=not has_vnni(),
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


def candidates(job: Job):
    """Yields (how, function from frames to logits)."""
    if job.precision == "fp32":
        yield "default", open_model(job.path("model.onnx"), job.threads)
        return
    source, target = job.path("ort-prepared.onnx"), job.path("ort-int8.onnx")
    quant_pre_process(job.path("model.onnx"), source)
    for how, quantise, operators in (("dynamic, linears", quantise_dynamic, LINEARS),
                                     ("dynamic, all", quantise_dynamic, None),
                                     ("static, linears", quantise_static, LINEARS),
                                     ("static, all", quantise_static, None)):
        quantise(job, source, target, operators)
        yield how, open_model(target, job.threads)
