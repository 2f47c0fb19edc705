# balanced class weights are n / (classes n_c) of the training part
. "$CASES/data.sh"
make_series 60
awk -F'\t' '$1 == "early" || n++ % 2' series.tsv >uneven.tsv
options='--hidden 4 --epochs 5 --validation 0 --quiet'
elman train uneven.tsv $options -o named --class-weights 0.75,1.5 >/dev/null
elman train uneven.tsv $options -o balanced --class-weights balanced >/dev/null
elman train uneven.tsv $options -o plain >/dev/null
cmp named balanced && echo the same
cmp -s plain balanced || echo not the same
# of the steps of a table, too
make_table 100
awk -F, 'NR == 1 { print "x,tag" } NR > 1 { print $2 "," ($1 % 4 ? "often" : "seldom") }' \
    table.csv >tags.csv
elman train tags.csv --task tag --target tag --hidden 4 --epochs 2 --quiet --json \
    --class-weights balanced | grep -c balanced_accuracy
elman train table.csv --target load --class-weights balanced
elman train uneven.tsv --class-weights balance || :
