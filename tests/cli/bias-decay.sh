# --no-bias-decay: with next to no gradient weights decay and biases stay
. "$CASES/data.sh"
make_series 24
run='series.tsv --hidden 4 --init-bias constant:0.5 --steps 3
    --clip-value 1e-30 --schedule constant --lr 0.1 --quiet'
values() { # values MODEL NAME: of a parameter
    header=$(od -An -tu4 -N4 "$1" | tr -d ' ')
    span=$(tail -c +9 "$1" | head -c "$header" | grep -o "\"$2\":{[^}]*" |
        sed 's/.*offsets":\[//; s/].*//')
    tail -c +$((9 + header + ${span%,*})) "$1" |
        head -c $((${span#*,} - ${span%,*})) | od -An -v -tf4 -w4 | sort -u
}
for rule in adamw sgd; do
    decay="--optimizer $rule --weight-decay 1"
    elman train $run $decay -o all
    elman train $run $decay --no-bias-decay -o weights
    elman train $run --optimizer $rule --weight-decay 0 -o none
    echo $rule
    for part in rnn.bias_ih_l0 rnn.bias_hh_l0 fc.bias; do
        echo $part $(values none $part) $(values weights $part) $(values all $part)
    done
    for part in rnn.weight_hh_l0 fc.weight; do
        for model in none weights all; do values $model $part >$model.txt; done
        cmp weights.txt all.txt && ! cmp -s weights.txt none.txt &&
            echo $part decays
    done
done

# the journal has it, and AdamW needs no decay of one's own
elman info weights --json | grep -o 'no-bias-decay[^,}]*'
elman train $run --optimizer adamw --no-bias-decay -o default
echo $?
elman train $run --optimizer adamw --weight-decay 0 --no-bias-decay -o other
echo $?
elman train $run --optimizer sgd --no-bias-decay -o other
echo $?
