"""One `map` over many processes: of this machine, or of a Dask cluster that is already there."""

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from heartsense.allocator import reuse_freed_memory


@contextmanager
def executor(jobs: int = 2, dask: str | None = None) -> Iterator[Executor]:
    """An executor; its ``map`` gives the results in order, wherever they were computed.

    Parameters
    ----------
    jobs : int
        Processes of this machine; one is this process.
    dask : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``. Its workers need this project,
        and the data at the same path; what they return is written here.

    Raises
    ------
    ImportError
        If `dask` is given and ``distributed`` is not installed (``uv sync --group cluster``).
    OSError
        If no scheduler answers.
    """
    if dask is None:
        # Started anew: a fork would share the state of native libraries.
        spawn = get_context("spawn")
        with (
            ThreadPoolExecutor(1)
            if jobs == 1
            else ProcessPoolExecutor(jobs, spawn, initializer=reuse_freed_memory)
        ) as pool:
            yield pool
        return
    from distributed import Client

    with Client(dask, set_as_default=False) as client, client.get_executor() as cluster:
        yield cluster
