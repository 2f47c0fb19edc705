# a budget that is too small is refused once, with the number that is enough for the whole run
. "$CASES/data.sh"
make_text
make_series
make_table
ints x.npy '(40, 12, 2)' $(seq 1 960 | awk '{ print $1 * 7 % 50 }')
ints y.npy '(40, 12)' $(seq 1 480 | awk '{ print $1 * 3 % 5 }')
least() {
    name=$1
    shift
    for memory in 1 1.5k; do
        elman train "$@" --hidden 8 --steps 3 --seed 1 -o m.safetensors --memory $memory >out 2>&1 && echo "$name: $memory is enough" && continue
        bytes=$(sed -n 's/.* takes \([0-9]*\) at least .*/\1/p' out)
        elman train "$@" --hidden 8 --steps 3 --seed 1 -o m.safetensors --memory "$bytes" >out 2>&1 || { echo "$name: $bytes"; cat out; }
        elman train "$@" --hidden 8 --steps 3 --seed 1 -o m.safetensors --memory $((bytes - 1)) >out 2>&1 && echo "$name: less than $bytes is enough"
    done
    echo "$name"
}
least text text.txt
least 'text, no validation' text.txt --validation 0
least 'text, much to test' text.txt --test 0.5 --unit words
least 'text, longer context' text.txt --k2 256 --k1 64
least series series.tsv
least 'series, much to test' series.tsv --validation 0.1 --test 0.6 --cell lstm
least 'series, a file to test' series.tsv --test series.tsv
least table table.csv --target load
least 'table, a step at a time' table.csv --target load --task track --window 100
least arrays x.npy --target-file y.npy
least 'arrays, no validation' x.npy --target-file y.npy --validation 0 --bidirectional
