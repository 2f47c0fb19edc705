# A file of each kind that the library writes, where a command wants another:
# it is said what the file is, and what reads it.
kind() { # kind NAME NOTES: a header of fewer than 256 bytes, and no more
    header="{\"__metadata__\":{$2}}"
    size=$(printf %o ${#header})
    printf "\\$size\\0\\0\\0\\0\\0\\0\\0%s" "$header" >"$1"
}
kind state '"format":"elman state"'
kind optimizer '"format":"elman optimizer"'
kind checkpoint '"format":"elman checkpoint"'
kind replay '"format":"elman checkpoint","replay":"{}"'
seq 300 | sed 's/.*/&,&/' >table.csv
elman train table.csv --epochs 1 --hidden 3 -o model -q >/dev/null 2>&1

for file in state optimizer checkpoint replay model; do
    for command in "info $file" "eval $file table.csv" "eval model $file" \
        "predict model $file" "inspect $file" "run $file" \
        "convert $file out.safetensors" "train $file -o other" \
        "train table.csv --init-from $file -o other" "verify --cases 1 $file" \
        "compare model $file" "replay $file" \
        "train table.csv -o other --checkpoint $file --resume"; do
        case $file.$command in
        model.*model*table* | model.info* | model.inspect* | model.verify* | \
            model.compare* | model.*init-from* | model.convert*) continue ;;
        esac
        echo "elman $command" >&2
        elman $command >/dev/null
    done
done
exit 0
