# A Debian host of its own: mounts, network and processes that nobody else sees, in which apache2 or nginx serve intranet.example with
# one thing wrong. Run by `mod.rs` as `unshare … bash host.sh FOLDER-OF-WHY401`, which sets what the functions below do.

set -u
export LC_ALL=C
unset WHY401_SERVER NO_COLOR

# Files of our own in place of the machine's.
ip link set lo up
mount -t tmpfs tmpfs /mnt
# The program may stand in one of the folders that are covered below.
mkdir /mnt/bin
cp "$1/why401" /mnt/bin/
PATH=/mnt/bin:$PATH
for folder in /etc/apache2 /etc/nginx; do
  [ -d "$folder" ] && cp -a "$folder" "/mnt/${folder##*/}"
done
for folder in /etc/apache2 /etc/nginx /var/www /var/log /run /srv /home /tmp; do
  mkdir -p "$folder"
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done
chmod 1777 /tmp
cp -a /mnt/apache2/. /etc/apache2/ 2>/dev/null
cp -a /mnt/nginx/. /etc/nginx/ 2>/dev/null
rm -f /etc/apache2/sites-enabled/* /etc/apache2/conf-enabled/* /etc/nginx/sites-enabled/* /etc/nginx/conf.d/*
mkdir -p /var/log/apache2 /var/log/nginx /run/apache2 /run/lock /var/www/html/staff
printf 'in\n' | tee /var/www/html/index.html >/var/www/html/staff/index.html
echo 'ServerName localhost' >/etc/apache2/conf-enabled/name.conf
cat >/mnt/users

# Whether something listens.
up() { (exec 3<>/dev/tcp/127.0.0.1/80) 2>/dev/null; }

started() {
  for _ in $(seq 200); do up && return; sleep 0.05; done
  echo "the server does not come up" >&2
  exit 1
}

# The status of the real server's answer: PATH, and the Authorization value or nothing.
status() {
  local answer
  exec 3<>/dev/tcp/127.0.0.1/80
  printf 'GET %s HTTP/1.1\r\nHost: intranet.example\r\nConnection: close\r\n' "$1" >&3
  [ -z "${2-}" ] || printf 'Authorization: Basic %s\r\n' "$2" >&3
  printf '\r\n' >&3
  read -r answer <&3
  exec 3<&- 3>&-
  echo "$answer" | cut -d' ' -f2
}
