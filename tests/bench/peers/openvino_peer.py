"""OpenVINO. For int8, NNCF's post-training quantisation, as a plain network and as a transformer."""
import numpy as np
import openvino

from peers.job import Job, calibration_frames, has_vnni

HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


def compile_model(core, model, job: Job):
    """The compiled model's own word on its precision, and a function from frames to logits."""
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": job.threads,
                "INFERENCE_PRECISION_HINT": HINTS[job.precision]}
    compiled = core.compile_model(model, "CPU", settings)
    request = compiled.create_infer_request()

    def run(frames):
        request.infer({0: frames}, share_inputs=True)
        return np.array(request.get_output_tensor(0).data)

    return compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name(), run


def quantise(model, job: Job, transformer: bool):
    try:
        import nncf
        from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, OverflowFix
    except ImportError:
        raise RuntimeError("nncf is not installed") from None
    frames = calibration_frames(job)
    fix = OverflowFix.DISABLE if has_vnni() else OverflowFix.ENABLE
    return nncf.quantize(model, nncf.Dataset(frames), subset_size=len(frames),
                         model_type=nncf.ModelType.TRANSFORMER if transformer else None,
                         advanced_parameters=AdvancedQuantizationParameters(overflow_fix=fix))


def candidates(job: Job):
    """Yields (how, function from frames to logits)."""
    core = openvino.Core()
    model = core.read_model(job.path("model.onnx"))
    if job.precision != "int8":
        precision, run = compile_model(core, model, job)
        yield precision, run
        return
    for how, transformer in (("NNCF", False), ("NNCF, transformer", True)):
        yield how, compile_model(core, quantise(model, job, transformer), job)[1]
