"""Brokers on the loopback for tests of what is published: a mosquitto, and librdkafka's mock of a Kafka cluster.
Where one cannot be had, `missing` says why."""
import ctypes
import os
import shutil
import socket
import subprocess
from pathlib import Path


def built(plugin):
    return any(Path(os.environ["GST_PLUGIN_PATH"]).rglob(f"libgst{plugin}.so"))


class Broker:
    """A mosquitto on a port of its own, and what it was sent."""

    scheme = "mqtt"

    def __init__(self, out):
        program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        self.missing = "MQTT is not built in" if not built("convnextmqtt") else \
            "mosquitto is not installed" if not program else None
        if self.missing:
            return
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = "localhost:%d" % free.getsockname()[1]
        self.log, config = out / "mosquitto.log", out / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"listener {self.address[10:]} localhost\nallow_anonymous true\nlog_type all\n{user}",
                          encoding="utf-8")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)

    def received(self, _topic):
        return self.log.read_text(encoding="utf-8", errors="replace").count("Received PUBLISH from ")

    def stop(self):
        if not self.missing:
            self.process.kill()
            self.process.wait()


class Cluster:
    """librdkafka's mock of a Kafka cluster, and what it was sent."""

    scheme, partitions = "kafka", 4

    def __init__(self):
        self.missing = None if built("convnextkafka") else "Kafka is not built in"
        if self.missing:
            return
        self.lib = ctypes.CDLL("librdkafka.so.1")
        for name in ("rd_kafka_new", "rd_kafka_mock_cluster_new"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        self.lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        self.client = ctypes.c_void_p(self.lib.rd_kafka_new(0, None, None, ctypes.c_size_t(0)))
        self.lib.rd_kafka_set_log_level(self.client, 0)
        self.mock = ctypes.c_void_p(self.lib.rd_kafka_mock_cluster_new(self.client, 1))
        self.address = self.lib.rd_kafka_mock_cluster_bootstraps(self.mock).decode()
        self.lib.rd_kafka_brokers_add(self.client, self.address.encode())

    def received(self, topic):
        n = 0
        for partition in range(self.partitions):
            low, high = ctypes.c_int64(), ctypes.c_int64()
            self.lib.rd_kafka_query_watermark_offsets(self.client, topic.encode(), partition, ctypes.byref(low),
                                                      ctypes.byref(high), 10000)
            n += max(high.value, 0)
        return n

    def stop(self):
        if not self.missing:
            self.lib.rd_kafka_mock_cluster_destroy(self.mock)
            self.lib.rd_kafka_destroy(self.client)
