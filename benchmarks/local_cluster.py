"""A Ray cluster of several nodes on this machine, on loopback only, whose nodes tests and benchmarks can kill.

Each node has its own processes and object store; losing a node kills all of its processes at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from benchmarks.running_service import environment, free_port

_PATIENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # as there: the loopback, and no other address
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_gcs_server_request_timeout_seconds": "300",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_memory_monitor_refresh_ms": "0",  # it would end processes of ours for the memory that others take
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "5",  # a replica that is slow to say so is asked nothing, for ever
    "RAY_SERVE_MAX_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "5",
}
"""Before Ray is imported: it sends nothing home, and a busy machine is no reason to give up."""

LEAN = {
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1000",
}
"""As in deploy/k8s/ray: an eighth less for a photo. Not for the layout `apart`, whose threads ask other deployments."""

_SYSTEM = {
    "automatic_object_spilling_enabled": False,  # photos never go to disk
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 10_000,
    "health_check_failure_threshold": 5,
}
OBJECT_STORE_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Served:
    """Where a service answers."""

    url: str


class LocalCluster:
    """The head, with the proxy and the driver, is the node that lives."""

    def __init__(self, cores: int) -> None:
        """Start the head, with so many cores to give away."""
        import ray  # noqa: PLC0415 after the environment
        from ray.cluster_utils import Cluster  # noqa: PLC0415

        self._cores = cores
        self._cluster = Cluster()
        self.add_node(_system_config=_SYSTEM)
        ray.init(address=self._cluster.address, log_to_driver=False, logging_level="ERROR")

    def add_node(self, **described: object) -> None:
        """One more, and wait until it is there. Without the dashboard's helper, which has 15 seconds to start."""
        with patch("ray._private.utils.get_dashboard_dependency_error", return_value="not wanted here"):
            self._cluster.add_node(
                num_cpus=self._cores,
                object_store_memory=OBJECT_STORE_BYTES,
                node_ip_address="127.0.0.1",
                include_dashboard=False,
                include_log_monitor=False,
                no_monitor=True,
                **described,
            )

    def lose_node(self) -> None:
        """Kill the newest node: none of its processes gets to say anything."""
        self._cluster.remove_node(list(self._cluster.worker_nodes)[-1], allow_graceful=False)

    def close(self) -> None:
        import ray  # noqa: PLC0415

        ray.shutdown()
        self._cluster.shutdown()


@contextmanager
def local_cluster(nodes: int = 2, cores: int = 1, **variables: str) -> Iterator[LocalCluster]:
    """A cluster of so many nodes with so many cores and these variables each; this process is its driver."""
    before = dict(os.environ)
    os.environ.update(environment(**_PATIENT, **variables))
    try:
        # The variable says it to the processes that are started; this one may have imported Ray before.
        with patch("ray._private.ray_constants.ENABLE_RAY_CLUSTER", False), closing(LocalCluster(cores)) as cluster:
            for _ in range(nodes - 1):
                cluster.add_node()
            yield cluster
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def served(**arguments: object) -> Iterator[Served]:
    """The service on the cluster of this process, behind one proxy, on the head.

    Args:
        arguments: see `img_super.cluster.serve_app.Arguments`.
    """
    from ray import serve  # noqa: PLC0415

    from img_super.cluster.serve_app import Arguments, build  # noqa: PLC0415

    port = free_port()
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
    try:
        serve.run(build(Arguments.model_validate(arguments)))
        yield Served(f"http://127.0.0.1:{port}")
    finally:
        serve.shutdown()
