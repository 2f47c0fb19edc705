# the same weights in a model that takes time first and in one that takes batch
# first: what is said, answered, inspected and logged of them is the same
. "$CASES/data.sh"

# a model's file with batch_first in its configuration
batch_first() (
    LC_ALL=C
    size=$(od -An -t u4 -N 4 "$1" | tr -d ' ')
    head=$(tail -c +9 "$1" | head -c "$size" |
        sed 's/"elman":"{/&\\"batch_first\\":true,/')
    while [ $((${#head} % 8)) -ne 0 ]; do head="$head "; done
    for byte in 1 256 65536 16777216; do
        printf "\\$(printf %03o $((${#head} / byte % 256)))"
    done >"$2"
    printf '\000\000\000\000%s' "$head" >>"$2"
    tail -c +$((size + 9)) "$1" >>"$2"
)

# the numbers of TensorBoard's events, a record a line, without their times;
# the records of the run as a whole have further times
events() {
    od -An -v -t u1 -w1 "$1"/events.* | awk '
        { b[NR - 1] = $1 + 0 }
        END { for (at = 0; at < NR; at += size + 16) {
            size = b[at] + 256 * b[at + 1] + 65536 * b[at + 2]
            line = ""
            for (k = 9; k < size; k++) line = line " " b[at + 12 + k]
            print line } }' | grep -v '104 112 97 114 97 109 115'
}

# one MODEL DATA WORD...: whether both are alike
both() {
    model=$1 data=$2
    shift 2
    mkdir one two
    mv "$model" one/m.safetensors
    batch_first one/m.safetensors two/m.safetensors
    for way in one two; do
        cp "$data" $way && (
            cd $way || exit
            elman inspect m.safetensors "$data" --json --csv numbers >said
            elman inspect m.safetensors --json >alone
            elman eval m.safetensors "$data" --json >eval
            elman predict m.safetensors "$data" >answers
            elman predict m.safetensors <"$data" >lines
            elman predict m.safetensors "$data" --stream >stream 2>&1
            elman train "$data" --init-from m.safetensors -o n.safetensors \
                --tensorboard board --epochs 2 --quiet "$@"
            events board >events
            grep -c . said eval answers events | grep ':0'
            grep -aoE 'rows.*total' n.safetensors >journal
            rm -r board "$data" ./*.safetensors*
        )
    done
    diff -r one two && echo "$model: alike"
    rm -r one two
}

make_series 40
elman train series.tsv --hidden 5 --epochs 1 --quiet
both series.safetensors series.tsv
elman train series.tsv --cell lstm --hidden 4 --epochs 1 --quiet
both series.safetensors series.tsv
make_table 200
elman train table.csv --target load --hidden 5 --epochs 1 --quiet
both table.safetensors table.csv --target load
elman train table.csv --task track --target load --hidden 5 --epochs 1 --quiet
both table.safetensors table.csv --task track --target load
make_text 20
elman train text.txt --hidden 6 --embedding 4 --epochs 1 --quiet
both text.safetensors text.txt
