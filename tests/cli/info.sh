. "$CASES/data.sh"
make_text 40
elman train text.txt --hidden 16 --layers 2 --embedding 4 --epochs 1 --quiet
elman info text.safetensors | sed '1s/, .*/, SIZE/'
elman info text.safetensors --json | sed 's/"bytes":[0-9.]*/"bytes":N/; s/,"encoding".*//'

# what computes otherwise in torch.nn is not offered there
make_series 24
layer() {
    elman train series.tsv --hidden 8 --epochs 1 --quiet -o model "$@" &&
        elman info model | sed -n -e 's/^layers  *//p' -e '/torch.nn/p'
}
layer
layer --zoneout 0.5
layer --recurrent-dropout 0.25 --learned-state
layer --layers 2 --dropout 0.5
layer --layers 2 --dropout 0.5 --variational
layer --cell lstm --zoneout-cell 0.5 --no-bias
