# Runs a program in a pseudo-terminal. Arguments: the columns, a JSON list of steps, then the program and its arguments. A step is a pair: what to wait
# for on the screen, and the keys to press then. Prints what the program wrote, and at the end its exit code.
import fcntl, json, os, pty, select, struct, sys, termios, time

columns, steps = int(sys.argv[1]), json.loads(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(sys.argv[3], sys.argv[3:])

fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
output, seen, deadline = b"", 0, time.time() + 30


def read():
    """Reads what is there, or waits a moment; returns False at the end."""
    global output
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return False
        output += data
        return bool(data)
    return True


for wait, keys in steps:
    while wait.encode() not in output[seen:]:
        if time.time() > deadline or not read():
            sys.exit(f"'{wait}' did not appear:\n{output.decode(errors='replace')}")
    seen = output.index(wait.encode(), seen) + len(wait.encode())
    os.write(terminal, keys.encode())

while read():
    if time.time() > deadline:
        os.kill(pid, 9)
        break

_, status = os.waitpid(pid, 0)
sys.stdout.write(output.decode(errors="replace"))
print(f"\nexit code {os.waitstatus_to_exitcode(status)}")
