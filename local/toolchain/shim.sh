#!/bin/sh
# takeoff: the local stack's pulumi. Written by local/toolchain/home.py from shim.sh; it starts no Python.
# Refuses every stack but `local`, or the one that `make STACK=... BACKEND=emulated` names in TAKEOFF_STACK, and its
# `-apps` sibling, hands the engine the stack file of both with this machine's salt, then becomes the engine.
state=@STATE@ stack=${TAKEOFF_STACK:-local}

refuse() {
	echo "pulumi (takeoff local): $1; got '$2', allowed '$3'." >&2
	echo "This pulumi serves the emulated account in $state only. For a real account use a shell of your own: leave this one with \`exit\`." >&2
	exit 2
}

only_ours() {
	case $1 in
	"$stack" | organization/*/"$stack") chosen=$stack ;;
	"$stack-apps" | organization/*/"$stack-apps") chosen=$stack-apps ;;
	*) refuse "$2 names another stack" "$1" "$stack" ;;
	esac
}

[ "$PULUMI_BACKEND_URL" = "file://$state/backend" ] ||
	refuse "PULUMI_BACKEND_URL is not the local stack's (start with \`make shell\`)" "$PULUMI_BACKEND_URL" "file://$state/backend"
[ -f "$state/backend/emulated-account" ] || [ "$stack" = local ] ||
	refuse "the backend is not marked as emulated" "$stack" local
only_ours "${PULUMI_STACK:-$stack}" PULUMI_STACK

directory=$PWD words='' want=''
for argument; do
	case $want in
	stack) only_ours "$argument" --stack ;;
	cwd) directory=$(cd "$argument" 2>/dev/null && pwd) ;;
	esac
	[ -z "$want" ] || { want='' && continue; }
	# -ys prod is -y and -s prod: flags that take no value may stand before s.
	case $argument in -[!-]?*) while case $argument in -[defjkry]?*) true ;; *) false ;; esac do argument=-${argument#-?}; done ;; esac
	case $argument in
	--) break ;;
	-s | --stack) want=stack ;;
	--stack=*) only_ours "${argument#*=}" --stack ;;
	-s*) argument=${argument#-s} && only_ours "${argument#=}" -s ;;
	-C | --cwd) want=cwd ;;
	--cwd=*) directory=$(cd "${argument#*=}" 2>/dev/null && pwd) ;;
	-C*) directory=$(cd "${argument#-C}" 2>/dev/null && pwd) ;;
	-*) ;;
	*) words="$words $argument" ;;
	esac
done

case "$words " in
*" stack init "* | *" stack new "* | *" stack rename "*) refuse "\`make up\` makes the stack" "pulumi$words" "preview, up, stack, ..." ;;
*" stack select "* | *" stack rm "* | *" stack remove "*)
	name=${words#* stack * }
	[ "$name" = "$words" ] || only_ours "${name%% *}" "pulumi stack"
	;;
esac

# docs/adr/0002: the stack file is committed, its salt is this machine's. `config` alone edits the committed file.
while [ -n "$directory" ] && [ ! -f "$directory/Pulumi.yaml" ]; do directory=${directory%/*}; done
field() { sed -n "s/^$1:[[:space:]]*['\"]\{0,1\}\([^'\"#]*[^'\"# ]\).*/\1/p" "$directory/Pulumi.yaml"; }
if [ -n "$directory" ]; then
	project=$(field name) folder=$(field stackConfigDir)
	salt=$state/stacks/$project/Pulumi.$chosen.yaml
	[ -f "$salt" ] || echo "note: the stack '$chosen' does not exist yet; \`make up\` makes it." >&2
	committed=${TAKEOFF_STACK_FILE:-$directory/${folder:-.}/Pulumi.$stack.yaml}
	case "$words " in
	*" config "*) committed= ;;
	*" stack history "* | *" stack hist "*) [ ! -f "$salt" ] || cd "${salt%/*}" ;; # reads a salt, takes no --config-file
	esac
	if [ -f "$salt" ] && [ -f "$committed" ]; then
		salted=$state/stacks/$project/salted-$chosen.yaml
		{ grep -v '^encryptionsalt:' "$committed"; echo && cat "$salt"; } >"$salted.$$" && mv "$salted.$$" "$salted"
		export PULUMI_OPTION_CONFIG_FILE="$salted"
	fi
fi
exec "$state/engine" "$@"
