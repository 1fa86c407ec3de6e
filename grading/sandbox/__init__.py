"""Where submissions run: separated from the system, with limits, and tested at every start.

modes           the kinds of sandbox, and which of them this machine has
systemcalls     the filter of system calls
serverprocess   starts a fork server in its sandbox and talks to it
session         one submission's process, as the grader sees it: messages, time, its end
forkserver      a fork server that has proved that its sandbox holds
serverpool      the fork servers of a grader
inside/         what runs in the sandbox
"""
