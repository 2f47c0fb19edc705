#!/bin/sh
# run.sh ELMAN [NAME...]: the tests of the program. A case is NAME.sh; what it
# writes and its exit status are compared with NAME.out, NAME.err and NAME.exit
# (missing means nothing written, and 0). Each case runs in a new empty folder,
# with the program in its PATH as `elman` and this folder as $CASES. A case that
# exits with 77 lacks something on this machine and is skipped; run.sh exits with
# 77 if it was the only one.
# RECORD=1 writes the expectations instead; read them before you keep them.

elman=$(realpath "$1") && [ -x "$elman" ] || {
    echo "run.sh: '$1' is no program" >&2
    exit 2
}
shift
CASES=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" && ln -s "$elman" "$scratch/bin/elman"

PATH=$scratch/bin:$PATH LC_ALL=C.UTF-8 TERM=dumb
export CASES PATH LC_ALL TERM
unset NO_COLOR ELMAN_ISA COLUMNS

[ $# -gt 0 ] || set -- $(cd "$CASES" && ls -- *.sh | sed -e '/^run\.sh$/d' \
    -e '/^data\.sh$/d' -e 's/\.sh$//')
failed=0
for name; do
    skipped=
    mkdir "$scratch/$name"
    (cd "$scratch/$name" && timeout 240 sh "$CASES/$name.sh") \
        >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    [ $status = 77 ] && skipped=yes && cat "$scratch/err" && continue
    echo $status >"$scratch/exit"
    for part in out err exit; do
        want=$CASES/$name.$part
        [ -e "$want" ] || want=$scratch/nothing
        case $part in
        exit) echo 0 >"$scratch/nothing" ;;
        *) : >"$scratch/nothing" ;;
        esac
        cmp -s "$want" "$scratch/$part" && continue
        if [ -n "$RECORD" ]; then
            cp "$scratch/$part" "$CASES/$name.$part"
            cmp -s "$scratch/nothing" "$scratch/$part" && rm "$CASES/$name.$part"
            echo "recorded $name.$part"
        else
            echo "$name: .$part differs (wanted -, got +)"
            diff -u "$want" "$scratch/$part" | tail -n +3
            failed=1
        fi
    done
done
[ "$skipped" ] && [ $# = 1 ] && exit 77
[ $failed = 0 ] && echo "$# cases passed"
exit $failed
