"""Processes that begin as copies of one clean process that has imported everything already.

Importing takes twenty times as long as starting. What such a process does is otherwise what
``python -m`` does.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory

processes = multiprocessing.get_context("forkserver")
# One list for all: whoever begins the first copy begins the process that is copied.
processes.set_forkserver_preload(
    [
        "billing_isp_licenses.simulator.selling",
        "billing_kernel.cli.serving",
        "tests.killed_nights",
        "tests.servers.worker_process",
        "tests.tills",
    ]
)

RUN_S = 120


def begin(
    module: str, *arguments: str, output: Path, errors: Path | None = None, **variables: str
) -> ForkServerProcess:
    """``python -m module arguments``, with this process's environment and ``variables``.

    Without ``errors``, the standard error goes to ``output`` too.
    """
    environment = {**os.environ, **variables}
    process = processes.Process(
        target=_run, args=(module, arguments, (output, errors or output), environment)
    )
    process.start()
    return process


def run(module: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """As `begin`, to its end, which is at most two minutes away; a killed one's code is negative.

    Raises TimeoutError.
    """
    with TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        process = begin(module, *arguments, output=output, errors=errors, **variables)
        process.join(RUN_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{module} {arguments} goes on after {RUN_S} seconds")
        return subprocess.CompletedProcess(
            (module, *arguments), process.exitcode, output.read_text(), errors.read_text()
        )


def speak_into(output: Path, errors: Path) -> None:
    """Send what this process says from now on to files."""
    for stream, file in ((sys.stdout, output), (sys.stderr, errors)):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)


def _run(
    module: str,
    arguments: tuple[str, ...],
    outputs: tuple[Path, Path],
    environment: Mapping[str, str],
) -> None:
    speak_into(*outputs)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
