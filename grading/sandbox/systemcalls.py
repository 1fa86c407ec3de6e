"""The filter of system calls: a submission's process may call those that computing needs."""

import errno
import tempfile

COMPUTING = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close close_range lseek
    open openat stat lstat fstat newfstatat statx statfs fstatfs access faccessat faccessat2
    getdents64 getcwd chdir fchdir readlink readlinkat mkdir mkdirat rmdir unlink unlinkat rename
    renameat renameat2 truncate ftruncate fsync fdatasync fallocate umask dup dup2 dup3 flock pipe
    pipe2 poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2
    copy_file_range sendfile
    mmap munmap mremap mprotect brk madvise mincore membarrier msync
    futex futex_waitv set_robust_list get_robust_list rseq set_tid_address exit exit_group
    sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_min
    sched_get_priority_max getcpu getpriority
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times getrusage getrlimit
    sysinfo uname getpid gettid getppid getpgrp getpgid getsid getuid geteuid getgid
    getegid getresuid getresgid getgroups getrandom
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
    setitimer getitimer alarm pause restart_syscall arch_prctl
"""
"""The system calls that are allowed with any arguments; `program` adds some with conditions."""
FORBIDDEN = """
    socket socketpair connect bind listen accept sendto recvfrom sendmsg recvmsg fork vfork execve
    execveat kill tkill tgkill rt_sigqueueinfo pidfd_open pidfd_send_signal ptrace process_vm_readv
    process_vm_writev symlink symlinkat link linkat mount unshare setns chroot memfd_create
    io_uring_setup setrlimit
"""
"""Calls that fail with "not permitted", which a student understands. All others seem missing."""

IGNORED = "chmod fchmod fchmodat fchmodat2 utime utimes futimesat utimensat"
"""Calls that do nothing and succeed. Landlock does not forbid them on files of the grader."""

OUTSIDE = ("stat", "lstat", "statx")
"""Calls that tell the size and the time of a file by its path. Landlock does not forbid them."""
EMPTY_PATH, ONLY_PATH = 0x1000, 0o10000000
"""AT_EMPTY_PATH, by which newfstatat asks about an open file; O_PATH, to open what is closed."""

PLAIN_FCNTL = (*range(8), 36, 37, 38, 1030)
"""Commands for copies, flags and locks. Others, as F_SETOWN, can make the kernel send signals."""


def program(blind=False):
    """The seccomp filter, compiled for this machine.

    blind: whether files may be asked about only once they are open, so that what may not be read
    has no size and no time either. Raises ImportError if pyseccomp is missing, RuntimeError if the
    library libseccomp is.
    """
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))

    def add(action, name, *arguments):
        number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
        if number != -1:  # else this version of libseccomp does not know the call
            rules.add_rule(action, number, *arguments)

    refused = {*OUTSIDE, "newfstatat", "open", "openat"} if blind else set()
    for name in COMPUTING.split():
        if name not in refused:
            add(seccomp.ALLOW, name)
    if blind:
        for name in OUTSIDE:
            add(seccomp.ERRNO(errno.EACCES), name)
        for name, flags, bit, allowed in (
            ("newfstatat", 3, EMPTY_PATH, EMPTY_PATH),
            ("open", 1, ONLY_PATH, 0),
            ("openat", 2, ONLY_PATH, 0),
        ):
            add(seccomp.ALLOW, name, seccomp.Arg(flags, seccomp.MASKED_EQ, bit, allowed))
            other = seccomp.Arg(flags, seccomp.MASKED_EQ, bit, bit - allowed)
            add(seccomp.ERRNO(errno.EACCES), name, other)
    for name in FORBIDDEN.split():
        add(seccomp.ERRNO(errno.EPERM), name)
    for name in IGNORED.split():
        add(seccomp.ERRNO(0), name)
    thread = 0x10000  # CLONE_THREAD
    add(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, thread, thread))
    add(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, thread, 0))
    for command in PLAIN_FCNTL:
        add(seccomp.ALLOW, "fcntl", seccomp.Arg(1, seccomp.EQ, command))
    # It may read its own limits but not lower them: its end would look like the machine's fault.
    add(seccomp.ALLOW, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0), seccomp.Arg(2, seccomp.EQ, 0))
    add(seccomp.ERRNO(errno.EPERM), "prlimit64", seccomp.Arg(2, seccomp.NE, 0))
    # TCGETS, which asks "is this a terminal?", and PR_SET_NAME, which names threads.
    add(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, 0x5401))
    add(seccomp.ALLOW, "prctl", seccomp.Arg(0, seccomp.EQ, 15))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
