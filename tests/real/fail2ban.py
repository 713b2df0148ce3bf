"""Bans by fail2ban's own classes: a row `maxretry findtime bantime time…` of seconds on stdin, the times of bans on stdout."""
import sys

sys.path.insert(0, "/usr/lib/python3/dist-packages")
from fail2ban.server.failmanager import FailManager, FailManagerEmpty
from fail2ban.server.ticket import FailTicket

for row in sys.stdin:
    numbers = [float(word) for word in row.split()]
    manager = FailManager()
    manager.setMaxRetry(int(numbers[0]))
    manager.setMaxTime(int(numbers[1]))
    bans, until = [], -1.0
    for time in numbers[3:]:
        if manager.addFailure(FailTicket("192.0.2.1", time, ["x"])) >= manager.getMaxRetry():
            try:
                manager.toBan("192.0.2.1")
            except FailManagerEmpty:
                continue
            if time >= until:
                bans.append(time)
                until = time + numbers[2]
    print(" ".join("%.6f" % time for time in bans))
