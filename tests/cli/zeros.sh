# zero where PyTorch takes it, and its word where it is another value
. "$CASES/data.sh"
make_series 20
try() {
    elman train series.tsv --hidden 4 --epochs 1 --quiet "$@" >/dev/null
    echo $? "$@"
}
try --beta1 0 --beta2 0
try --beta1 auto --epsilon 0
try --optimizer rmsprop --alpha 0 --epsilon auto
try --optimizer adagrad --flavour keras --initial-accumulator 0
try --optimizer lion --beta1 0
try --epsilon -1
