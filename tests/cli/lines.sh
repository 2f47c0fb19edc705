# a run of a thousand epochs says how it goes in some lines
. "$CASES/data.sh"
make_series 40
lines() { elman train series.tsv --hidden 2 "$@" -o m.safetensors 2>&1 >/dev/null |
    grep '^epoch' | awk 'END { print NR, $2 }'; }
lines --epochs 1000 --validation 0
lines --epochs 1000 --validation 0.25 --lr 1e-30
lines --epochs 7 --validation 0.25
