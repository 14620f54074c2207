#!/usr/bin/env bash
# Makes a certificate authority of your own and the certificates that PostgreSQL
# and Redis show to the nodes: ca.pem, and NAME.pem with NAME.key for each.
#
#   deploy/certificates.sh [FOLDER]      # deploy/certificates
#
# Run again, it keeps the authority and makes the others anew: do that before
# they end, then restart PostgreSQL and Redis. Keep ca.key away from the machine;
# nothing but this script reads it. Whoever has it can pose as your database.
set -euo pipefail

folder=${1:-$(dirname "$0")/certificates}
authority_days=3650
server_days=825

umask 077
mkdir -p "$folder"
cd "$folder"

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

if [ ! -e ca.pem ]; then
	openssl req -x509 "${new_key[@]}" -keyout ca.key -out ca.pem -days "$authority_days" -subj '/CN=Sallyport services' \
		-addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign'
	chmod 644 ca.pem # for the nodes, who run as somebody else
	echo "made ca.pem"
fi
if [ ! -e ca.key ]; then
	echo "certificates: ca.key is not in $PWD: bring it back for this run" >&2
	exit 1
fi

# The names a server goes by: that of its container, and this machine's own for
# checks from inside it.
server() {
	local name=$1
	openssl req "${new_key[@]}" -keyout "$name.key.new" -subj "/CN=$name" |
		openssl x509 -req -CA ca.pem -CAkey ca.key -days "$server_days" -out "$name.pem.new" -extfile <(
			echo "basicConstraints=critical,CA:FALSE"
			echo "keyUsage=critical,digitalSignature"
			echo "extendedKeyUsage=serverAuth"
			echo "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1"
		)
	chmod 644 "$name.pem.new"
	mv "$name.key.new" "$name.key"
	mv "$name.pem.new" "$name.pem"
	echo "made $name.pem, good for $server_days days"
}

server postgres
server redis
