"""What the process that decodes users' files may not do; each limit where the system has it.

Everywhere, the process that started it also ends it after a while (``decoder_process``).

- Linux and macOS: CPU time for one file; no core dumps, no growing files.
- Linux: an address space; no sockets, no other programs or processes, no signals and no memory of
  others (seccomp); no files written and nothing of other processes read from ``/proc`` (Landlock,
  from kernel 5.13 on). Without the last two, as where a container forbids them, it goes on.
- Windows: none of these.
"""

import ctypes
import os
import platform
import struct
import sys
from typing import Any, Final

MAX_ADDRESS_SPACE: Final = 640 * 2**20
"""Bytes. A page of 50 million pixels with transparency needs 580 MB; most need 100."""

MAX_CPU_SECONDS: Final = 6
"""For one file. The slowest honest one, JPEG 2000 of 35 million pixels in a PDF, takes 4."""

_OPEN_FILES = 64

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SIGKILL = 9

# linux/landlock.h: rights that are refused altogether, by the version that brought them.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_EVERY_FILE_RIGHT = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
_READ_FILE_AND_FOLDER = 0b1100
_TCP_FROM, _SCOPES_FROM = 4, 6

# linux/filter.h, linux/seccomp.h.
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _NO_SUCH_CALL = 0x7FFF0000, 0x00050001, 0x00050026  # EPERM, ENOSYS
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in seccomp_data
_X32_CALLS = 0x40000000
_CLONE_THREAD = 0x10000

_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_REFUSED_CALLS: Final = {  # name: numbers on x86_64 and aarch64; None where there is none
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
}
_CLONE, _CLONE3, _TGKILL, _PRLIMIT = (56, 220), (435, 435), (234, 131), (302, 261)


def confine() -> None:
    """Give up, for the life of this process, what decoding does not need."""
    if sys.platform == "win32":
        return
    _limit_resources()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _enter_landlock(libc)
        _filter_system_calls(libc)


def grant_cpu_time() -> None:
    """Allow ``MAX_CPU_SECONDS`` from now on; the system ends the process when they are used up."""
    if sys.platform == "win32":
        return
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime) + 1 + MAX_CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _limit_resources() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if sys.platform == "linux":  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))


def _enter_landlock(libc: Any) -> None:
    """Refuse all that Landlock knows but reading files; reading modules needs those."""
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    rights = max(bits for since, bits in _EVERY_FILE_RIGHT.items() if since <= version)
    tcp = 0b11 if version >= _TCP_FROM else 0
    scopes = 0b11 if version >= _SCOPES_FROM else 0
    fields = [rights & ~_READ_FILE_AND_FOLDER, tcp, scopes]
    used = 3 if scopes else 2 if tcp else 1
    attributes = struct.pack(f"={used}Q", *fields[:used])
    rules = libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    if rules >= 0:
        libc.syscall(_LANDLOCK_RESTRICT_SELF, rules, 0)
        os.close(rules)


def _filter_system_calls(libc: Any) -> None:
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return
    program = _filter(machine)
    instructions = ctypes.create_string_buffer(b"".join(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    program_of = Program(len(program), ctypes.addressof(instructions))
    libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program_of), 0, 0)


def _filter(machine: str) -> list[bytes]:
    """The program (BPF) that the kernel runs at each system call."""
    column = list(_ARCHITECTURES).index(machine)
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, _ARCHITECTURES[machine], yes=1),
        _instruction(_RETURN, _REFUSE),
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_AT_LEAST, _X32_CALLS, no=1),
        _instruction(_RETURN, _REFUSE),
    ]
    for numbers in _REFUSED_CALLS.values():
        number = numbers[column]
        if number is not None:
            program += _when(number, _instruction(_RETURN, _REFUSE))
    # glibc starts threads by clone where there is no clone3, whose flags a filter cannot see.
    program += _when(_CLONE3[column], _instruction(_RETURN, _NO_SUCH_CALL))
    program += _when(_CLONE[column], *_only_if(_JUMP_BITS, _CLONE_THREAD))
    program += _when(_TGKILL[column], *_only_if(_JUMP_EQUAL, os.getpid()))
    program += _when(_PRLIMIT[column], *_only_if(_JUMP_EQUAL, 0))
    return [*program, _instruction(_RETURN, _ALLOW)]


def _when(number: int, *instructions: bytes) -> list[bytes]:
    """Instructions for one system call; the last of them returns."""
    return [_instruction(_JUMP_EQUAL, number, no=len(instructions)), *instructions]


def _only_if(jump: int, value: int) -> list[bytes]:
    """Allow the call if its first argument is `value`, or has its bits."""
    return [
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(jump, value, no=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
    ]


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
