# options that do not fit the data or each other: wrong use, one sentence
. "$CASES/data.sh"
make_text; make_series; make_table
try() { elman train "$@"; echo "$? $*"; }
try text.txt --window 10
try text.txt --bidirectional
try text.txt --loss mse
try text.txt --proj 300
try text.txt --cell gru --peephole
try text.txt --nonlinearity relu
try text.txt --momentum 0.9
try text.txt --min-count 2
try text.txt --k2 100
try text.txt --k1 3 --k2 4
try text.txt --k1 4 --k2 8 --fresh-state
try text.txt --class-weights 1,2
try text.txt --hidden 8,8 --layers 3
try text.txt --schedule plateau --gamma 1
try text.txt --chrono 1
try text.txt --schedule cosine --epochs unlimited
try text.txt --task classify
try series.tsv --embedding 8
try series.tsv --variational
try series.tsv --no-bidirectional --merge sum
try series.tsv --bidirectional --pool last --merge sum
try series.tsv --bidirectional --no-bidirectional
try series.tsv --k1 5
try series.tsv --nesterov
try table.csv --loss bce
try table.csv --loss cross-entropy
try table.csv --label-smoothing 0.1
try table.csv --target price
try series.tsv --unit bytes
ls
